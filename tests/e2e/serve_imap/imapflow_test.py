"""Node's imapflow, which uses what it finds: CONDSTORE, ID, ENABLE, COMPRESS, MOVE, LIST-STATUS, OBJECTID, BINARY."""

import json
import unittest

from imap_case import ImapCase
from peers.case import main
from peers.imapflow import MISSING, MODULE
from peers.messages import crlf, message

_PROGRAM = r"""
"use strict";
const { ImapFlow } = require(process.argv[2]);
const { readFileSync } = require("node:fs");
const [port, mode, ca] = process.argv.slice(3);
const text = readFileSync(0);
const client = new ImapFlow({ host: "localhost", port: Number(port), secure: mode === "tls", logger: false,
    auth: { user: "alice", pass: "secret" }, tls: { ca: readFileSync(ca) } });
client.on("error", error => { console.error(error); process.exit(1); });
(async () => {
    const said = { heard: [] };
    await client.connect();
    said.secure = client.secureConnection;
    said.idInfo = client.serverInfo;
    const lock = await client.getMailboxLock("INBOX");
    said.exists = client.mailbox.exists;
    said.uidValidity = String(client.mailbox.uidValidity);
    said.hasModseq = client.mailbox.highestModseq > 0n;
    said.messages = [];
    const wanted = { uid: true, flags: true, envelope: true, bodyStructure: true, size: true, internalDate: true,
        threadId: true, headers: ["subject"], source: true };
    for await (const each of client.fetch("1:*", wanted))
        said.messages.push({ uid: each.uid, subject: each.envelope.subject || "", size: each.size,
            type: each.bodyStructure.type, emailId: each.emailId, threadId: each.threadId,
            source: each.source.toString("latin1") });
    const first = said.messages[0].uid, second = said.messages[1].uid;
    const part = await client.download(first, "1", { uid: true });
    said.part = "";
    for await (const chunk of part.content) said.part += chunk.toString("latin1");
    await client.messageFlagsAdd({ uid: second }, ["\\Flagged", "$Work"], { uid: true });
    said.flagged = await client.search({ flagged: true, keyword: "$Work" }, { uid: true });
    const either = { or: [{ subject: "plain" }, { header: { "message-id": "nowhere" } }] };
    said.searched = await client.search(either, { uid: true });
    await client.mailboxCreate(["Flow", "Sub ü"]);
    const appended = await client.append("Flow/Sub ü", text, ["\\Seen"], new Date(1e12));
    said.appended = [appended.destination, appended.uid, String(appended.uidValidity) !== said.uidValidity];
    const copied = await client.messageCopy(`${first},${second}`, "Flow/Sub ü", { uid: true });
    said.copied = [...copied.uidMap];
    const moved = await client.messageMove(String(second), "Flow/Sub ü", { uid: true });
    said.moved = [...moved.uidMap];
    const { path, messages, uidNext } = await client.status("Flow/Sub ü", { messages: true, uidNext: true });
    said.status = [path, messages, uidNext];
    said.list = (await client.list({ statusQuery: { messages: true } })).map(each => [each.path,
        each.status ? each.status.messages : -1]);
    said.quota = await client.getQuota("INBOX");
    const heard = new Promise(resolve => client.once("exists", resolve));
    const idling = client.idle();
    const other = new ImapFlow({ host: "localhost", port: Number(port), secure: mode === "tls", logger: false,
        auth: { user: "alice", pass: "secret" }, tls: { ca: readFileSync(ca) } });
    await other.connect();
    await other.append("INBOX", text);
    await other.logout();
    said.heard.push((await heard).count);
    await client.noop();
    await idling;
    await client.messageDelete("*");
    lock.release();
    await client.mailboxRename("Flow/Sub ü", "Other");
    await client.mailboxDelete("Other");
    await client.mailboxDelete("Flow").catch(() => {});
    await client.logout();
    console.log(JSON.stringify(said));
})().catch(error => { console.error(error); process.exit(1); });
"""


@unittest.skipIf(MISSING, MISSING)
class ImapFlow(ImapCase):
    def test_all(self):
        script = self.write("client.cjs", _PROGRAM.encode())
        for mode in ("starttls", "tls"):
            with self.subTest(mode):
                port = self.server.imaps if mode == "tls" else self.server.imap
                appended = message("by imapflow", f"over {mode}\n.\n")
                before = self.stored()
                said = json.loads(self.program("node", script, MODULE, str(port), mode, self.certificates().ca,
                                               stdin=crlf(appended)))
                self.check(said, before)
                self.assertEqual(self.stored(), [octets for octets in before if octets != before[1]])
                self.assertEqual(self.mailboxes(), ["INBOX"])

    def check(self, said, before):
        messages = said["messages"]
        self.assertTrue(said["secure"] and said["hasModseq"])
        self.assertEqual((said["exists"], len(messages)), (len(before), len(before)))
        self.assertEqual([each["source"].encode("latin-1") for each in messages], [crlf(octets) for octets in before])
        self.assertEqual([each["size"] for each in messages], [len(crlf(octets)) for octets in before])
        self.assertEqual(len({each["emailId"] for each in messages}), len(before))
        self.assertTrue(all(each["threadId"] for each in messages))
        self.assertEqual((messages[0]["subject"], messages[0]["type"]), ("plain", "text/plain"))
        self.assertEqual(said["part"], "Hello\r\n")
        self.assertEqual((said["flagged"], said["searched"]), ([messages[1]["uid"]], [messages[0]["uid"]]))
        self.assertEqual(said["appended"], ["Flow/Sub ü", 1, True])
        self.assertEqual(said["copied"], [[messages[0]["uid"], 2], [messages[1]["uid"], 3]])
        self.assertEqual(said["moved"], [[messages[1]["uid"], 4]])
        self.assertEqual(said["status"], ["Flow/Sub ü", 4, 5])
        self.assertIn(["Flow/Sub ü", 4], said["list"])
        self.assertEqual(said["heard"], [len(before)])


if __name__ == "__main__":
    main()
