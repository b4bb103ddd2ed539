"""mail-serve with senders that vanish, stall or meet a full disk: whole messages or none, and it goes on serving."""

import os
import smtplib
import socket
import time

from fault_case import FaultCase, sample
from peers.case import main
from peers.disk import SmallDisk
from peers.mailserve import MailServe
from peers.messages import crlf, message
from peers.process import wait_until

_SAMPLES = 25
BODY = message("cut", "".join(f"line {n}\n" for n in range(300)))
DIALOGUE = (b"EHLO client.example\r\n", b"MAIL FROM:<carol@example.net>\r\n", b"RCPT TO:<alice@example.org>\r\n",
            b"DATA\r\n", crlf(BODY) + b".\r\n", b"QUIT\r\n")


def read_reply(connection):
    reply = b""
    while not reply.endswith(b"\n") or reply.splitlines()[-1][3:4] == b"-":
        more = connection.recv(4096)
        if not more:
            return reply
        reply += more
    return reply


class CutServe(FaultCase):
    def say_up_to(self, port, octets):
        """Speaks `octets` octets of the dialogue, then ends the connection. Whether the message was acknowledged."""
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            read_reply(connection)
            acknowledged = False
            for number, part in enumerate(DIALOGUE):
                connection.sendall(part[:octets])
                octets -= len(part)
                if octets < 0:
                    # The end that the server sees is an end of stream, in the middle of whatever this is.
                    break
                reply = read_reply(connection)
                acknowledged |= number == 4 and reply.startswith(b"250")
            return acknowledged

    def test_cut_at_many_places(self):
        total = sum(map(len, DIALOGUE))
        with MailServe() as serve:
            acknowledged = 0
            for octets in sample(total, _SAMPLES):
                acknowledged += self.say_up_to(serve.port("smtp"), octets)
            with smtplib.SMTP("127.0.0.1", serve.port("smtp"), timeout=30) as client:
                client.sendmail("carol@example.net", ["alice@example.org"], crlf(BODY))
            found = serve.messages("alice")
            self.assertEqual(len(found), acknowledged + 1)
            for octets in found:
                self.assertTrue(octets.endswith(BODY), "a message was delivered in part")
            # What was begun and not ended leaves nothing behind.
            wait_until(lambda: not self.staged(serve), "the staged messages go", 10)

    def staged(self, serve):
        folder = os.path.join(serve.store, "alice", "tmp")
        return os.listdir(folder) if os.path.isdir(folder) else []

    def test_a_silent_sender_meets_the_deadline(self):
        with MailServe(arguments=["--timeout", "1"]) as serve:
            for spoken in (0, 1, 3, 4):
                with socket.create_connection(("127.0.0.1", serve.port("smtp")), timeout=30) as connection:
                    read_reply(connection)
                    for part in DIALOGUE[:spoken]:
                        connection.sendall(part)
                        read_reply(connection)
                    if spoken == 4:
                        connection.sendall(DIALOGUE[4][:1000])
                    start = time.monotonic()
                    said = b""
                    while more := connection.recv(4096):
                        said += more
                    self.assertLess(time.monotonic() - start, 15)
                    self.assertRegex(said, rb"^421 ")
            self.assertEqual(serve.messages("alice"), [])

    def test_full_disk(self):
        large = message("large", ("y" * 70 + "\n") * 9000)
        with SmallDisk(self.path("disk"), 1600) as disk, MailServe(store=self.path("disk", "store")) as serve:
            outcomes = []
            # One message takes room twice while it is delivered: in the spool and in the mailbox.
            for _ in range(3):
                try:
                    with smtplib.SMTP("127.0.0.1", serve.port("smtp"), timeout=30) as client:
                        client.sendmail("carol@example.net", ["alice@example.org"], crlf(large))
                        outcomes.append(250)
                except smtplib.SMTPResponseException as error:
                    outcomes.append(error.smtp_code)
                except smtplib.SMTPRecipientsRefused as error:
                    outcomes.append(error.recipients["alice@example.org"][0])
            self.assertEqual(outcomes[0], 250)
            self.assertEqual(set(outcomes[1:]), {452}, outcomes)
            self.assertEqual(len(serve.messages("alice")), 1)
            self.assertEqual(self.staged(serve), [])
            disk.grow(10000)
            with smtplib.SMTP("127.0.0.1", serve.port("smtp"), timeout=30) as client:
                client.sendmail("carol@example.net", ["alice@example.org"], crlf(large))
            found = serve.messages("alice")
            self.assertEqual(len(found), 2)
            self.assertTrue(all(octets.endswith(large) for octets in found))


if __name__ == "__main__":
    main()
