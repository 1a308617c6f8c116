// What people build instead: a service on Sinch's SDK that starts a
// verification for each request.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [where, port, api, key, secret] = process.argv.slice(2);

const { SinchClient } = createRequire(resolve(where, "package.json"))("@sinch/sdk-core");
const sinch = new SinchClient({ applicationKey: key, applicationSecret: secret,
    verificationHostname: api });

createServer((request, response) => {
    let text = "";
    request.on("data", (data) => { text += data; });
    request.on("end", async () => {
        try {
            const answer = await sinch.verification.verifications.startSms({
                startVerificationWithSmsRequestBody: {
                    identity: { type: "number", endpoint: JSON.parse(text).number },
                },
            });
            response.setHeader("Content-Type", "application/json");
            response.end(JSON.stringify({ id: answer.id }));
        } catch (error) {
            response.writeHead(502).end(String(error));
        }
    });
}).listen({ port: Number(port), host: "127.0.0.1" }, () => console.log("ready"));
