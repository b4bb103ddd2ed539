"""mail-send into OpenSMTPD, which does not pipeline."""

from peers.case import Case, main
from peers.messages import TEXTS, message, numbered
from peers.opensmtpd import OpenSmtpd
from peers.process import wait_until
from send_checks import headers_added, mboxrd


class OpenSmtpdSubmission(Case):
    @classmethod
    def setUpClass(cls):
        cls.smtpd = OpenSmtpd().start()
        cls.addClassCleanup(cls.smtpd.stop)

    def command(self, *rest):
        return ["mail-send", "--server", f"smtp://127.0.0.1:{self.smtpd.port}", "--tls", "none", "-f",
                "carol@example.net", *rest]

    def arrived(self, user, count):
        return wait_until(lambda: len(found := self.smtpd.messages(user)) >= count and found,
                          f"opensmtpd delivers {count} message(s) to {user}\n{self.smtpd.log()}", 30)

    def test_octets(self):
        for name, octets in TEXTS.items():
            with self.subTest(name):
                before = self.smtpd.messages("alice")
                receipt, = self.run_receipts(*self.command("alice@example.org"), stdin=octets)
                self.assertEqual(receipt["event"], "sent")
                after = self.arrived("alice", len(before) + 1)
                stored, = [found for found in after if found not in before]
                self.assertIsNotNone(headers_added(stored, octets), stored)

    def test_several_messages_and_a_refusal_between(self):
        sent = numbered(5)
        before = self.smtpd.messages("bob")
        receipts = self.run_receipts(*self.command("bob@example.org"), stdin=mboxrd(sent))
        self.assertEqual([receipt["event"] for receipt in receipts], ["sent"] * 5)
        after = self.arrived("bob", len(before) + 5)
        for octets in sent:
            self.assertEqual(sum(stored.endswith(octets) for stored in after), 1)
        outcome = self.run_error(69, r"nobody@example\.org", receipts=True, stdin=mboxrd(sent[:1]),
                                 argv=self.command("nobody@example.org", "bob@example.org"))
        self.assertEqual(outcome.receipts[0]["event"], "partial")

    def test_delivery_status_notification(self):
        receipt, = self.run_receipts("mail-send", "--server", f"smtp://127.0.0.1:{self.smtpd.port}", "--tls", "none",
                                     "-f", "alice@example.org", "--notify", "success", "--envid", "e-1",
                                     "bob@example.org", stdin=message("with a report", "hello\n"))
        self.assertNotIn("notTaken", receipt["recipients"][0])
        wait_until(lambda: any(b"Action: delivered\n" in stored
                               for stored in self.smtpd.messages("alice")), "opensmtpd reports the delivery", 30)


if __name__ == "__main__":
    main()
