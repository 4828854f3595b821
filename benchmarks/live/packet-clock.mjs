/** Calls `send` of every client whose next packet is due, about every millisecond, and notes by how much it was late itself. */
export function startPacketClock(clients) {
  const lateMs = [];
  let timer = setTimeout(tick, 1);
  function tick() {
    for (const client of clients) {
      for (let nowMs = performance.now(); client.dueMs <= nowMs; ) {
        lateMs.push(nowMs - client.dueMs);
        client.send(nowMs);
      }
    }
    timer = setTimeout(tick, 1);
  }
  return {
    /** Since the last call. */
    takeLateness: () => lateMs.splice(0),
    stop: () => clearTimeout(timer),
  };
}
