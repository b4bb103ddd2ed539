#!/bin/sh
# with_server.sh MAIL-SERVE PORTS-FILE start | stop | test SCRIPT
set -eu
mail_serve=$1 ports=$2
case $3 in
    start)
        # Not a child that CTest waits for; it ends by itself should nobody stop it.
        "$mail_serve" --test --ports-file "$ports" --events "$ports.events" --exit-after 300s \
            --fault 'smtp rcpt to=*@full.example reply="452 4.2.2 Mailbox full"' >/dev/null 2>&1 </dev/null &
        exec "$mail_serve" wait-for --ports-file "$ports" --ready
        ;;
    stop)
        # shellcheck source=/dev/null
        . "$ports"
        kill "$MAILPIPE_PID"
        while [ -e "$ports" ]; do sleep 0.05; done
        ;;
    test)
        # shellcheck source=/dev/null
        . "$ports"
        export MAIL_SERVE="$mail_serve" PORTS="$ports" MAILPIPE_SMTP_URL
        exec sh "$4"
        ;;
esac
