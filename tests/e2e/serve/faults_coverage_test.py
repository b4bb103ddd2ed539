"""Each point of mail-faults(5), and each action, has a row over each protocol that has it."""

import faults_imap_test
import faults_lmtp_test
import faults_pop3_test
import faults_smtp_test
from peers.case import Case, main
from peers.commands import run

ROWS = {
    "smtp": faults_smtp_test.POINTS + faults_smtp_test.CONDITIONS + faults_smtp_test.ACTIONS,
    "lmtp": faults_lmtp_test.ROWS,
    "pop3": faults_pop3_test.ROWS,
    "imap": (faults_imap_test.LOGGED_OUT + faults_imap_test.MAILBOXES + faults_imap_test.MESSAGES
             + faults_imap_test.APPENDS + faults_imap_test.OTHERS),
}
CONDITIONS = {"to", "from", "user", "mailbox", "tls", "message", "larger", "n", "first", "times", "probability", "per"}
POP3 = {"duplicate-uidl"}
IMAP = {"wrong-uid", "wrong-uidnext", "wrong-uidvalidity", "wrong-modseq", "wrong-result", "unsolicited", "cut-literal",
        "bye-after"}
NOT_OF = {"smtp": POP3 | IMAP | {"wrong-count"}, "lmtp": POP3 | IMAP | {"wrong-count"}, "pop3": IMAP, "imap": POP3}


class Coverage(Case):
    def words(self, fault):
        """Those that mail-serve knows in the place of the last word of `fault`, which is none."""
        outcome = run(["mail-serve", "--test", "--fault", fault], self.directory)
        self.assertEqual((outcome.status, len(outcome.error_lines)), (64, 1), str(outcome))
        return set(outcome.error_lines[0].split("there are: ")[1].split())

    def test_points_and_actions(self):
        items = self.words("smtp noop zzzzzzzzzzzz")
        self.assertLess(CONDITIONS | POP3 | IMAP, items)
        for protocol, rows in ROWS.items():
            faults = [fault for row in rows for fault in ([row[0]] if isinstance(row[0], str) else row[0])]
            with self.subTest(protocol):
                words = [fault.split() for fault in faults if fault.startswith(protocol + " ")]
                self.assertEqual(self.words(protocol) - {one[1] for one in words}, set())
                used = {word.split("=")[0] for one in words for word in one[2:]}
                self.assertEqual(items - CONDITIONS - NOT_OF[protocol] - used, set())


if __name__ == "__main__":
    main()
