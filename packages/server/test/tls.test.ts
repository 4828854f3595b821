import { once } from "node:events";
import { request } from "node:https";
import * as x509 from "@peculiar/x509";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { start } from "./harness.ts";

async function selfSigned() {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({ name: "CN=localhost", keys, signingAlgorithm: algorithm }, crypto);
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { cert: cert.toString("pem"), key };
}

it("speaks https and wss with a certificate", async () => {
  const { server } = await start({ tls: await selfSigned() });
  expect(server.url).toBe(`https://localhost:${server.port}/`);
  const untrusted = { rejectUnauthorized: false };
  const asked = request(`https://127.0.0.1:${server.port}/health`, untrusted).end();
  const [response] = await once(asked, "response");
  response.resume();
  expect(response.statusCode).toBe(200);
  const socket = new WebSocket(`wss://127.0.0.1:${server.port}/ws`, { ...untrusted, origin: `https://127.0.0.1:${server.port}` });
  await once(socket, "open");
  socket.terminate();
});
