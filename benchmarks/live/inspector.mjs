import { WebSocket } from "ws";

/** Started with this, a Node.js server can be asked for a collection. */
export const INSPECTED = ["--inspect=127.0.0.1:0"];

/** Collects the garbage of a server and gives what its heap still holds, bytes: resident memory also tells how lazy the collector was. */
export async function heapAfterCollection(server) {
  const url = /ws:\/\/\S+/.exec(server.saidFirst)[0];
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const ask = (id, method) =>
    new Promise((resolve) => {
      socket.on("message", (text) => {
        const answer = JSON.parse(text);
        if (answer.id === id) resolve(answer.result);
      });
      socket.send(JSON.stringify({ id, method }));
    });
  await ask(1, "HeapProfiler.collectGarbage");
  const { usedSize } = await ask(2, "Runtime.getHeapUsage");
  socket.close();
  return usedSize;
}
