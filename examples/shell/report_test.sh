#!/bin/sh
# A shell script that mails, and its test: is the mail right, and does it come through a server that is busy at first?
set -eu
mail_serve=${MAIL_SERVE:-mail-serve}
directory=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null; rm -rf "$directory"' EXIT

# What is tested.
send_report() {
    printf 'From: reports@example.net\nTo: %s\nSubject: Daily report\n\nAll is well.\n' "$1" |
        sed 's/$/\r/' >"$directory/message"
    for _ in 1 2 3; do
        curl -sS --mail-from reports@example.net --mail-rcpt "$1" -T "$directory/message" \
            "smtp://127.0.0.1:$MAILPIPE_SMTP_PORT" 2>>"$directory/errors" && return
        sleep 0.05
    done
    return 1
}

# The server ends by itself when the test takes too long; its store goes with it.
"$mail_serve" --test --ports-file "$directory/ports" --exit-after 60s \
    --fault 'smtp greeting first=2 reply="421 4.3.2 Too busy"' >"$directory/events" &
server=$!
"$mail_serve" wait-for --ports-file "$directory/ports" --ready
# shellcheck source=/dev/null
. "$directory/ports"

(
    "$mail_serve" wait-for --ports-file "$directory/ports" --search 'TO bob SUBJECT report' --print raw \
        >"$directory/received"
) &
waiting=$!
send_report bob@example.org
wait "$waiting"
kill "$server"
wait "$server"
server=

grep -q '^All is well.$' "$directory/received"
grep -q '^Delivered-To: bob@example.org$' "$directory/received"
test "$(grep -c '"event":"fault"' "$directory/events")" = 2
echo "the report came through at the third attempt"
