"""mail-show explains delivery reports, disposition notifications and feedback reports."""

from peers.case import Case, main

# RFC 3464 appendix E.1.
BOUNCE = b"""Date: Thu, 7 Jul 1994 17:16:05 -0400
From: Mail Delivery Subsystem <MAILER-DAEMON@CS.UTK.EDU>
Message-Id: <199407072116.RAA14128@CS.UTK.EDU>
Subject: Returned mail: Cannot send message for 5 days
To: <owner-info-mime@cs.utk.edu>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
      boundary="RAA14128.773615765/CS.UTK.EDU"

--RAA14128.773615765/CS.UTK.EDU

The original message was received at Sat, 2 Jul 1994 17:10:28 -0400
from root@localhost

--RAA14128.773615765/CS.UTK.EDU
content-type: message/delivery-status

Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;louisl@larry.slip.umd.edu
Final-Recipient: rfc822;louisl@larry.slip.umd.edu
Action: failed
Status: 4.4.1
Diagnostic-Code: smtp; 426 connection timed out
Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400

Final-Recipient: rfc822;bob@example.com
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 5.1.1 no such
  user
--RAA14128.773615765/CS.UTK.EDU
content-type: message/rfc822

Subject: the original

text
--RAA14128.773615765/CS.UTK.EDU--
"""


def report(kind, body):
    return (f"Subject: report\nContent-Type: multipart/report; report-type={kind.split('/')[1]}; boundary=b\n\n--b\n\n"
            f"for people\n--b\nContent-Type: {kind}\n\n{body}\n--b--\n").encode()


class Reports(Case):
    def show(self, stdin, *options):
        return self.run_ok("mail-show", *options, stdin=stdin).stdout.decode()

    def test_a_sentence_for_each_recipient(self):
        shown = self.show(BOUNCE)
        self.assertIn(
            "\n\nDelivery to louisl@larry.slip.umd.edu failed: the host does not answer (4.4.1; smtp; 426 "
            "connection timed out)\n"
            "Delivery to bob@example.com failed: there is no such mailbox (5.1.1; smtp; 550 5.1.1 no "
            "such  user)\n\nThe original message was received", shown)
        self.assertIn("  2      message/delivery-status, ", shown)
        self.assertIn("  3      message/rfc822, ", shown)

    def test_wrapped(self):
        shown = self.show(BOUNCE, "--width", "40")
        self.assertIn("\nDelivery to louisl@larry.slip.umd.edu\n    failed: the host does not answer\n", shown)

    def test_a_report_within_a_message_is_not_this_messages(self):
        held = b"Subject: forwarded\nContent-Type: multipart/mixed; boundary=f\n\n--f\n\nlook\n--f\n" \
               b"Content-Type: message/rfc822\n\n" + BOUNCE + b"--f--\n"
        shown = self.show(held)
        self.assertIn("look", shown)
        self.assertNotIn("Delivery to", shown)

    def test_disposition_notification(self):
        shown = self.show(report("message/disposition-notification",
                                 "Reporting-UA: joes-pc.cs.example.com; Foomail 97.1\n"
                                 "Final-Recipient: rfc822;Joe_Recipient@example.com\n"
                                 "Disposition: manual-action/MDN-sent-manually; displayed\n"))
        self.assertIn("\nThe message was displayed to Joe_Recipient@example.com (by hand; the recipient agreed to this "
                      "notice)\n\nfor people\n", shown)

    def test_feedback_report(self):
        shown = self.show(report("message/feedback-report",
                                 "Feedback-Type: abuse\nOriginal-Mail-From: <somespammer@example.net>\n"
                                 "Source-IP: 192.0.2.1\n"))
        self.assertIn("\nThe message from somespammer@example.net was reported as spam (sent by 192.0.2.1)\n\n"
                      "for people\n", shown)

    def test_nothing_in_a_report_forges_a_line(self):
        """threats.md: terminal escapes."""
        shown = self.show(report("message/delivery-status",
                                 "Final-Recipient: rfc822;=?utf-8?q?a=0AFrom:_b=1B[2J?=\nAction: failed\n"
                                 "Diagnostic-Code: smtp; 550 \x1b]0;x\x07\n"))
        self.assertIn("Delivery to a From: b\ufffd[2J failed (smtp; 550 \ufffd]0;x\ufffd)\n", shown)

    def test_an_empty_report(self):
        shown = self.show(report("message/delivery-status", ""))
        self.assertIn("Subject: report\n\nfor people\n", shown)


if __name__ == "__main__":
    main()
