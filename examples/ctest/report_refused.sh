#!/bin/sh
# curl ends with 55 when a recipient is refused.
set -eu
status=0
printf 'Subject: Daily report\r\n\r\n' |
    curl -sS --mail-from reports@example.net --mail-rcpt bob@full.example -T - "$MAILPIPE_SMTP_URL" || status=$?
test "$status" = 55
