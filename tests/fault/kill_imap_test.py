"""mail-serve killed at a step of what an IMAP client does, then started again: what was answered with OK is so, what
was not is done or not, no message is lost or there twice, and no UID means another message than before."""

import os
import re
import shutil

from fault_case import KILLED, FaultCase, sample
from killed_serve import KilledServe
from peers.case import main
from peers.imap_client import ImapClient, Literal, Refused
from peers.imap_server import DOVECOT
from peers.mailserve import MailServe
from peers.messages import crlf, message

_SAMPLES = 40
_LISTEN = ("imap://127.0.0.1:0",)
_FLAGS = {"\\Seen", "\\Flagged", "\\Answered", "\\Deleted", "\\Draft", "kept"}


def _letter(name):
    return message(name, f"text of {name}\n")


class KillImap(FaultCase):
    def setUp(self):
        if DOVECOT:
            self.skipTest("Dovecot is not killed")
        super().setUp()
        # Each run begins with a copy of this one.
        self.prepared = self.path("prepared")
        with MailServe(listen=_LISTEN, store=self.prepared) as server:
            client = ImapClient(server.port("imap"), "alice")
            for name in ("Other", "Deep/Down"):
                client.ok(f"CREATE {name}")
            for name in ("first", "second", "third", "fourth", "fifth"):
                client.ok("APPEND INBOX ", Literal(crlf(_letter(name))))
            client.ok("APPEND Deep/Down ", Literal(crlf(_letter("deep"))))
            client.logout()

    def use(self, server, acknowledged):
        """What the client does; it notes each answer."""
        try:
            with ImapClient(server.port("imap"), "alice", deadline=30) as client:
                self.talk(client, acknowledged)
        except (OSError, Refused):
            pass  # its last words may be that it is going
        return acknowledged

    @staticmethod
    def talk(client, acknowledged):
        client.ok("SELECT INBOX")
        for name, command in (("store", "UID STORE 1:3 +FLAGS (\\Flagged kept)"), ("seen",
            "UID STORE 2 +FLAGS (\\Seen)"),
                              ("copy", "UID COPY 1:2 Other"), ("move", "UID MOVE 3 Other"),
                              ("deleted", "UID STORE 4 +FLAGS.SILENT (\\Deleted)"), ("expunge", "UID EXPUNGE 4"),
                              ("rename", "RENAME Deep Deeper"), ("create", "CREATE New/One"),
                              ("subscribe", "SUBSCRIBE Other")):
            acknowledged[name] = client.ok(command).codes()
        answer = client.ok("APPEND INBOX (\\Answered) ", Literal(crlf(_letter("sixth"))),
                           " ", Literal(crlf(_letter("seventh"))))
        acknowledged["append"] = answer.codes()
        client.logout()

    def look(self, store):
        """{mailbox: {UID: (subject, flags, modseq)}} by a server that nobody disturbs; and the subscribed."""
        with MailServe(listen=_LISTEN, store=store) as server:
            client = ImapClient(server.port("imap"), "alice")
            found = {}
            subscribed = {one.data[2].decode() for one in client.ok('LSUB "" *').all("LSUB")}
            for listed in client.ok('LIST "" *').all("LIST"):
                name = listed.data[2].decode()
                if "\\NonExistent" in listed.data[0] or "\\Noselect" in listed.data[0]:
                    continue
                client.ok(f"SELECT {name} (CONDSTORE)")
                answer = client.command("UID FETCH 1:* (FLAGS MODSEQ BODY.PEEK[])")
                found[name] = {}
                for response in answer.all("FETCH"):
                    text = response.data["BODY[]"]
                    subject = re.search(rb"Subject: (\S+)", text).group(1).decode()
                    self.assertEqual(text, crlf(_letter(subject)))
                    found[name][response.data["UID"]] = (subject, set(response.data["FLAGS"]) & _FLAGS,
                                                         response.data["MODSEQ"])
            client.logout()
        return found, subscribed

    def check(self, what, acknowledged, found, subscribed):
        inbox, other = found["INBOX"], found["Other"]
        subjects = {name: [entry[0] for entry in box.values()] for name, box in found.items()}
        # Nothing is there twice, but what was copied, and what was on its way (RFC 6851 section 3.3 lets it).
        for name, texts in subjects.items():
            self.assertEqual(sorted(set(texts)), sorted(texts), f"{what}: twice in {name}: {found}")
        for uid, subject in ((1, "first"), (2, "second"), (5, "fifth")):
            self.assertEqual(inbox.get(uid, ("",))[0], subject, f"{what}: lost: {found}")
        if "store" in acknowledged:
            for uid in (1, 2):
                self.assertLessEqual({"\\Flagged", "kept"}, inbox[uid][1], what)
        if "seen" in acknowledged:
            self.assertIn("\\Seen", inbox[2][1], what)
        if "copy" in acknowledged:
            self.check_uids(what, acknowledged["copy"]["COPYUID"][2], ["first", "second"], other)
        self.assertTrue("third" in subjects["INBOX"] or "third" in subjects["Other"], f"{what}: {found}")
        if "move" in acknowledged:
            self.assertNotIn("third", subjects["INBOX"], what)
            self.check_uids(what, acknowledged["move"]["COPYUID"][2], ["third"], other)
        if "move" not in acknowledged or "store" in acknowledged:
            known = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}
            for uid, entry in inbox.items():
                # In a copy of an account UIDs go on far behind the last one.
                self.assertIn(entry[0], [known[uid]] if uid in known else ["sixth", "seventh"], what)
        if "expunge" in acknowledged:
            self.assertNotIn(4, inbox, what)
        elif "store" in acknowledged and "move" not in acknowledged:
            self.assertIn(4, inbox, what)
        deep = "Deeper/Down" if "Deeper/Down" in found else "Deep/Down"
        if "rename" in acknowledged:
            self.assertEqual(deep, "Deeper/Down", what)
        self.assertEqual(subjects[deep], ["deep"], f"{what}: {found}")
        self.assertFalse("Deeper/Down" in found and "Deep/Down" in found, f"{what}: {found}")
        if "create" in acknowledged:
            self.assertIn("New/One", found, what)
        if "subscribe" in acknowledged:
            self.assertIn("Other", subscribed, what)
        if "append" in acknowledged:
            self.check_uids(what, acknowledged["append"]["APPENDUID"][1], ["sixth", "seventh"], inbox)
        self.assertEqual("sixth" in subjects["INBOX"], "seventh" in subjects["INBOX"],
            f"{what}: half of APPEND: {found}")

    def check_uids(self, what, uids, subjects, box):
        self.assertEqual([box.get(uid, ("",))[0] for uid in uids], subjects, f"{what}: {box}")

    def test_each_step(self):
        store = self.path("store")

        def run(step):
            shutil.rmtree(store, ignore_errors=True)
            shutil.copytree(self.prepared, store)
            acknowledged = {}
            serve = KilledServe(self, step, store, listen=_LISTEN)
            return serve.run(lambda running: self.use(running, acknowledged), acknowledged)
        acknowledged, status, steps = run(0)
        self.assertEqual(status, 0)
        self.assertEqual(len(acknowledged), 10, acknowledged)
        self.check("undisturbed", acknowledged, *self.look(store))
        begin = next((number for number, step in enumerate(steps) if "send" in step), 0)
        killed = 0
        for number in sample(len(steps) - begin, _SAMPLES):
            step = begin + number
            acknowledged, status, _ = run(step)
            killed += status == KILLED
            what = f"step {step}, {steps[step - 1]}, after {list(acknowledged)}"
            first = self.look(store)
            self.check(what, acknowledged, *first)
            self.assertEqual(self.look(store), first, f"{what}: it changes by itself")
            self.check_rest(store, what)
        self.assertGreater(killed, 10)

    def check_rest(self, store, what):
        """What a killed run has left behind does not stay in any tmp/."""
        for top, _, files in os.walk(store):
            if os.path.basename(top) == "tmp":
                self.assertLess(len(files), 4, f"{what}: {top} {files}")


if __name__ == "__main__":
    main()
