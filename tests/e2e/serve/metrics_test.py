"""mail-serve --metrics: OpenMetrics for a scraper, and nothing for who means harm."""

import http.client
import os
import poplib
import re
import smtplib
import socket
import urllib.request

from peers.case import Case, main
from peers.mailserve import MailServe
from peers.messages import TEXTS, crlf
from peers.process import read_text

MAN_PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "..", "man", "mail-serve.1")


class Metrics(Case):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(MailServe(arguments=["--metrics", "http://127.0.0.1:0/metrics"]))
        self.url = self.server.urls["http"]
        self.port = int(self.url.split(":")[2].split("/")[0])

    def scrape(self):
        """The samples by name with labels."""
        with urllib.request.urlopen(self.url, timeout=20) as answer:
            self.assertEqual(answer.headers["Content-Type"],
                             "application/openmetrics-text; version=1.0.0; charset=utf-8")
            text = answer.read().decode("ascii")
        self.assertTrue(text.endswith("\n# EOF\n"))
        found, families = {}, []
        for line in text.splitlines()[:-1]:
            if line.startswith("# TYPE "):
                families.append(line.split()[2])
            elif not line.startswith("# "):
                name, value = line.rsplit(" ", 1)
                self.assertRegex(name, r'^mailpipe_[a-z0-9_]+(\{[a-z]+="[^"]*"\})?$')
                self.assertTrue(name.startswith(families[-1]), line)
                found[name] = float(value)
        self.assertEqual(len(families), len(set(families)))
        return found

    def test_what_is_counted(self):
        with smtplib.SMTP("127.0.0.1", self.server.port("smtp"), timeout=20) as client:
            client.sendmail("carol@example.net", ["alice@example.org"], crlf(TEXTS["plain"]))
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                client.sendmail("carol@example.net", ["nobody@example.org"], crlf(TEXTS["plain"]))
        client = poplib.POP3("127.0.0.1", self.server.port("pop3"), timeout=20)
        client.user("alice")
        client.pass_("secret")
        client.retr(1)
        client.dele(1)
        client.quit()
        idle = socket.create_connection(("127.0.0.1", self.server.port("pop3")), timeout=20)
        self.addCleanup(idle.close)
        idle.recv(100)
        found = self.scrape()
        for name, value in (("connections_open", 1), ('connections_total{protocol="smtp"}', 1),
                            ('connections_total{protocol="pop3"}', 2), ('logins_total{result="ok"}', 1),
                            ('deliveries_total{result="ok"}', 1), ("retrievals_total", 1), ("removals_total", 1),
                            ('replies_total{class="5xx"}', 1), ('errors_total{kind="noUser"}', 1)):
            self.assertEqual(found["mailpipe_" + name], value, (name, found))
        self.assertGreater(found["mailpipe_received_octets_total"], 0)
        self.assertGreater(found["mailpipe_reply_seconds_count"], 5)
        self.assertEqual(found['mailpipe_reply_seconds_bucket{le="+Inf"}'], found["mailpipe_reply_seconds_count"])

    def test_names_are_documented(self):
        page = read_text(MAN_PAGE).split(".Sh METRICS")[1].split(".Sh ")[0]
        documented = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"^\.It Li (.+)$", page, re.MULTILINE))))
        used = {re.sub(r"_(total|count|sum|bucket)$", "", name.split("{")[0])[len("mailpipe_"):]
                for name in self.scrape()}
        self.assertEqual(documented, used)

    def test_other_requests(self):
        for method, path, status in (("GET", "/", 404), ("POST", "/metrics", 405), ("GET", "/etc/passwd", 404)):
            client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            client.request(method, path)
            self.assertEqual(client.getresponse().status, status)
            client.close()

    def test_who_says_nothing_or_too_much(self):
        silent = [socket.create_connection(("127.0.0.1", self.port), timeout=20) for _ in range(30)]
        for connection in silent:
            self.addCleanup(connection.close)
        large = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        self.addCleanup(large.close)
        # The deadline is for the whole request, and few wait at a time.
        for connection in silent:
            self.assertEqual(connection.recv(100), b"")
        large = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        self.addCleanup(large.close)
        large.sendall(b"GET /" + b"x" * 9000)
        self.assertTrue(large.recv(100).startswith(b"HTTP/1.1 400 "))
        self.scrape()


class Urls(Case):
    def test_urls_that_are_refused(self):
        for url in ("http://127.0.0.1/metrics", "https://127.0.0.1:1/metrics", "http://127.0.0.1:1/", "127.0.0.1:1",
                    "http://127.0.0.1:99999/metrics", "http://:1/metrics"):
            with self.subTest(url):
                self.run_error(64, "--metrics", argv=[
                    "mail-serve", "--store", f"maildir:{self.path('s')}/%u", "--listen", "smtp://127.0.0.1:0",
                    "--user", "alice:secret", "--metrics", url])


if __name__ == "__main__":
    main()
