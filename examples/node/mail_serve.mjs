// Starts mail-serve --test and follows its events.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class MailServe {
    static async start(...options) {
        const server = new MailServe();
        const command = process.env.MAIL_SERVE ?? "mail-serve";
        server.process = spawn(command, ["--test", ...options], { stdio: ["ignore", "pipe", "inherit"] });
        server.events = [];
        server.waiting = new Set();
        server.ended = new Promise((resolve) => server.process.on("exit", resolve));
        createInterface({ input: server.process.stdout }).on("line", (line) => {
            server.events.push(JSON.parse(line));
            for (const look of [...server.waiting]) look();
        });
        await server.event((event) => event.event === "ready");
        return server;
    }

    port(scheme) {
        const event = this.events.find((one) => one.event === "listening" && one.url.startsWith(`${scheme}:`));
        return Number(event.url.split(":").pop());
    }

    // The first event for which `condition` holds, past ones included.
    event(condition, milliseconds = 10_000) {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => finish(() => reject(new Error("no such event in time"))), milliseconds);
            const finish = (action) => {
                clearTimeout(timer);
                this.waiting.delete(look);
                action();
            };
            const look = () => {
                const found = this.events.find(condition);
                if (found) finish(() => resolve(found));
            };
            this.waiting.add(look);
            look();
        });
    }

    // The exit status.
    stop() {
        this.process.kill("SIGTERM");
        return this.ended;
    }
}
