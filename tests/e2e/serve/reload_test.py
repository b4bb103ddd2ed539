"""SIGHUP: mail-serve reads users, aliases, limits, certificates again, and keeps what it has where they are wrong."""

import os
import poplib
import signal
import smtplib
import socket
import ssl

from peers.case import Case, main
from peers.certs import Certificates
from peers.commands import run
from peers.mailserve import MailServe


class Reload(Case):
    def hashed(self, word):
        made = run(["openssl", "passwd", "-6", "-salt", "abcdefgh", word], self.directory)
        return made.stdout.strip()

    def reload(self, server):
        seen = len(server.events)
        server.process.send_signal(signal.SIGHUP)
        return server.wait_event(lambda event: event["event"] == "reload" and event in server.events[seen:],
                                 "the reload is done", 20)

    def may_log_in(self, server, user, word):
        client = poplib.POP3("127.0.0.1", server.port("pop3"), timeout=20)
        try:
            client.user(user)
            client.pass_(word)
            return True
        except poplib.error_proto:
            return False
        finally:
            client.close()

    def test_users(self):
        users = self.write("users", b"alice:" + self.hashed("old") + b"\n")
        with MailServe(users={}, arguments=["--users", users]) as server:
            self.assertTrue(self.may_log_in(server, "alice", "old"))
            begun_before = poplib.POP3("127.0.0.1", server.port("pop3"), timeout=20)
            self.addCleanup(begun_before.close)
            self.write("users", b"alice:" + self.hashed("new") + b"\ncarol:" + self.hashed("word") + b"\n")
            self.assertTrue(self.reload(server)["ok"])
            self.assertFalse(self.may_log_in(server, "alice", "old"))
            self.assertTrue(self.may_log_in(server, "alice", "new"))
            self.assertTrue(self.may_log_in(server, "carol", "word"))
            begun_before.user("alice")
            begun_before.pass_("old")
            # Mail for who was added comes in.
            with smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20) as client:
                client.sendmail("dave@example.net", ["carol@example.org"], b"Subject: x\r\n\r\ny\r\n")
            self.assertEqual(len(server.messages("carol")), 1)

            self.write("users", b"alice:nonsense\n")
            event = self.reload(server)
            self.assertFalse(event["ok"])
            self.assertIn("users:1", event["message"])
            self.assertIn("users:1", server.stderr())
            self.assertTrue(self.may_log_in(server, "carol", "word"))

    def test_certificate(self):
        def names(port):
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=20)) as connection:
                return connection.getpeercert(True)

        first = self.certificates().good
        other = Certificates(self.path("others")).good
        certificate, key = self.path("cert.pem"), self.path("key.pem")

        def install(source):
            for path, target in ((source.certificate, certificate), (source.key, key)):
                with open(path, "rb") as file:
                    self.write(os.path.basename(target) + ".new", file.read())
                os.rename(target + ".new", target)

        install(first)
        with MailServe(listen=["pop3s://127.0.0.1:0"],
                       arguments=["--tls-cert", certificate, "--tls-key", key]) as server:
            before = names(server.port("pop3s"))
            install(other)
            self.assertEqual(names(server.port("pop3s")), before)
            self.assertTrue(self.reload(server)["ok"])
            after = names(server.port("pop3s"))
            self.assertNotEqual(after, before)
            os.unlink(key)
            event = self.reload(server)
            self.assertFalse(event["ok"])
            self.assertIn("key.pem", event["message"])
            self.assertEqual(names(server.port("pop3s")), after)

    def test_a_self_signed_certificate_stays(self):
        with MailServe(listen=["smtps://127.0.0.1:0"], arguments=["--tls-self-signed"]) as server:
            before = ssl.get_server_certificate(("127.0.0.1", server.port("smtps")), timeout=20)
            self.assertTrue(self.reload(server)["ok"])
            self.assertEqual(ssl.get_server_certificate(("127.0.0.1", server.port("smtps")), timeout=20), before)

    def test_aliases(self):
        def leads_to(server, name):
            before = {user: len(server.messages(user)) for user in server.users}
            with smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20) as client:
                client.sendmail("dave@example.net", [f"{name}@example.org"], b"Subject: x\r\n\r\ny\r\n")
            return [user for user in server.users if len(server.messages(user)) > before[user]]

        # The sandbox lets the directories of all these files be read, but no others: not even that of temporary files.
        for name in ("config", "lists", "temporary"):
            os.mkdir(self.path(name))
        aliases = self.write("config/aliases", f"team: :include:{self.path('lists/team')}\n".encode(), 0o644)
        self.write("lists/team", b"alice\n", 0o644)
        with MailServe(arguments=["--aliases", aliases], environment={"TMPDIR": self.path("temporary")}) as server:
            self.assertEqual(leads_to(server, "team"), ["alice"])
            self.write("lists/team", b"alice, bob\n", 0o644)
            self.write("config/aliases", f"team: :include:{self.path('lists/team')}\nall: bob\n".encode(), 0o644)
            self.assertTrue(self.reload(server)["ok"], server.stderr())
            self.assertEqual((leads_to(server, "team"), leads_to(server, "all")), (["alice", "bob"], ["bob"]))
            self.write("config/aliases", b"all: nobody\n", 0o644)
            event = self.reload(server)
            self.assertEqual((event["ok"], "alias all" in event["message"]), (False, True), event)
            self.assertEqual(leads_to(server, "all"), ["bob"])

    def test_limits(self):
        def recipients(server):
            with smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20) as client:
                client.ehlo()
                client.mail("dave@example.net")
                taken = sum(client.rcpt("alice@example.org")[0] == 250 for _ in range(5))
                return taken, client.esmtp_features["limits"], int(client.esmtp_features["size"])

        limits = self.write("limits", b"max-recipients = 2\nmax-message-size = 10k\n", 0o644)
        with MailServe(arguments=["--limits", limits, "--max-recipients", "4"]) as server:
            self.assertEqual(recipients(server), (2, "RCPTMAX=2", 10240))
            begun_before = smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20)
            self.addCleanup(begun_before.close)
            self.write("limits", b"max-recipients = 3\nmax-connections = 10\n", 0o644)
            self.assertTrue(self.reload(server)["ok"])
            self.assertEqual(recipients(server), (3, "RCPTMAX=3", 1 << 30))
            begun_before.ehlo()
            self.assertEqual(begun_before.esmtp_features["limits"], "RCPTMAX=2")
            begun_before.close()
            open_ones = []
            for _ in range(10):
                open_ones.append(smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20))
                self.addCleanup(open_ones[-1].close)
            with self.assertRaises(smtplib.SMTPConnectError) as caught:
                smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=20)
            self.assertEqual(caught.exception.smtp_code, 421)
            for one in open_ones:
                one.quit()

            self.write("limits", b"max-recipients = many\n", 0o644)
            event = self.reload(server)
            self.assertFalse(event["ok"])
            self.assertIn("limits:1: max-recipients", event["message"])
            self.write("limits", b"")
            self.assertTrue(self.reload(server)["ok"])
            self.assertEqual(recipients(server)[1], "RCPTMAX=4")

    def test_the_service_manager_is_told(self):
        path = self.path("notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(20)
            server = MailServe(environment={"NOTIFY_SOCKET": path})
            with server:
                self.assertEqual(manager.recv(1000), b"READY=1")
                self.reload(server)
                self.assertRegex(manager.recv(1000), rb"^RELOADING=1\nMONOTONIC_USEC=[0-9]+$")
                self.assertEqual(manager.recv(1000), b"READY=1")
            self.assertEqual(manager.recv(1000), b"STOPPING=1")


if __name__ == "__main__":
    main()
