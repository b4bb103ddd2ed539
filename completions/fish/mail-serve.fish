# fish completion of mail-serve(1); completions/generate.py writes it.

complete -c mail-serve -f
complete -c mail-serve -l version -d 'Print the version and exit'
complete -c mail-serve -s h -l help -d 'Print this help and exit'
complete -c mail-serve -l store -r -F -a 'maildir:' -d 'Where the mail is; %u is the user\'s name'
complete -c mail-serve -l listen -r -F -a 'smtp:// smtps:// pop3:// pop3s:// lmtp:// lmtp:' -d 'smtp://, smtps://, pop3://, pop3s:// or lmtp:// HOST:PORT, or lmtp:PATH; port 0 is a free one; may be repeated'
complete -c mail-serve -l domain -x -d 'Receive mail for this domain; may be repeated'
complete -c mail-serve -l user -x -d 'A user, for tests: others may see the password before it is wiped; may be repeated'
complete -c mail-serve -l users -r -F -d 'File of users, NAME:HASH with a crypt(5) hash a line'
complete -c mail-serve -l tls-cert -r -F -d 'Certificate chain, PEM'
complete -c mail-serve -l tls-key -r -F -d 'Its private key, PEM'
complete -c mail-serve -l tls-self-signed -d 'Make a certificate for this run; the listening events hold its pinSha256'
complete -c mail-serve -l events -r -F -d 'Write JSONL events to this file, or - for stdout'
complete -c mail-serve -l host-name -x -d 'Name of this host in greetings and Received (default: its own)'
complete -c mail-serve -l max-message-size -x -d 'Refuse larger messages; octets, or with k, M, G (default: 1G)'
complete -c mail-serve -l timeout -x -d 'Close a connection that is silent that long (default: 300)'
complete -c mail-serve -s q -l quiet -d 'Print errors only'
complete -c mail-serve -l trace -d 'Print the protocol dialogue on stderr, credentials replaced'
