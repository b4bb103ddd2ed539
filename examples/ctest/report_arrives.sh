#!/bin/sh
set -eu
printf 'Subject: Daily report\r\n\r\nAll is well.\r\n' |
    curl -sS --mail-from reports@example.net --mail-rcpt bob@example.org -T - "$MAILPIPE_SMTP_URL"
"$MAIL_SERVE" wait-for --ports-file "$PORTS" --mailbox bob@example.org --search 'SUBJECT report'
