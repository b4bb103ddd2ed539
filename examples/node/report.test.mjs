// A mailer of a few lines, and its tests against mail-serve --test.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import net from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { MailServe } from "./mail_serve.mjs";

// What is tested.
async function sendReport(port, recipient) {
    const socket = net.connect(port, "127.0.0.1");
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    const expect = async (...codes) => {
        for (;;) {
            const { value, done } = await lines.next();
            if (done) throw new Error("the server has ended the connection");
            if (value[3] === "-") continue;
            if (!codes.includes(value.slice(0, 3))) throw new Error(value);
            return;
        }
    };
    try {
        await expect("220");
        for (const command of ["HELO client.example.net", "MAIL FROM:<reports@example.net>", `RCPT TO:<${recipient}>`]) {
            socket.write(`${command}\r\n`);
            await expect("250");
        }
        socket.write("DATA\r\n");
        await expect("354");
        socket.write(`To: ${recipient}\r\nSubject: Daily report\r\n\r\nAll is well.\r\n.\r\n`);
        await expect("250");
        socket.write("QUIT\r\n");
        await expect("221");
    } finally {
        socket.destroy();
    }
}

test("the report arrives", async () => {
    const server = await MailServe.start();
    await sendReport(server.port("smtp"), "bob@example.org");
    const delivery = await server.event((event) => event.event === "delivery");
    assert.equal(delivery.to, "bob@example.org");
    const folder = decodeURIComponent(delivery.ref.replace(/^maildir:/, "").replace(/;ID=.*/, ""));
    const [name] = await readdir(`${folder}/new`);
    assert.match(await readFile(`${folder}/new/${name}`, "utf8"), /^All is well\.$/m);
    assert.equal(await server.stop(), 0);
});

test("a full mailbox is an error", async () => {
    const server = await MailServe.start("--fault", 'smtp rcpt to=*@full.example reply="452 4.2.2 Mailbox full"');
    await assert.rejects(sendReport(server.port("smtp"), "bob@full.example"), /452 4\.2\.2/);
    await sendReport(server.port("smtp"), "bob@example.org");
    assert.equal(await server.stop(), 0);
});

test("a connection that breaks is an error", async () => {
    const server = await MailServe.start("--fault", "smtp data drop");
    await assert.rejects(sendReport(server.port("smtp"), "bob@example.org"), /ended the connection/);
    await server.event((event) => event.event === "fault");
    assert.equal(await server.stop(), 0);
});
