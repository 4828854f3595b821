/**
 * What came back to one client since the record was begun: arrival and RTP time of every packet, and its payload where `keeps` is set, so
 * that delay can be measured in the sound itself.
 */
export function createRecord() {
  const record = { arrivalMs: [], timestamp: [], sequence: [], payload: [], keeps: false, total: 0, lastMs: 0 };
  let [lastSequence, lastTimestamp] = [];
  record.begin = (keeps) => {
    for (const key of ["arrivalMs", "timestamp", "sequence", "payload"]) record[key] = [];
    record.keeps = keeps;
  };
  record.add = (nowMs, { sequence, timestamp, payload }) => {
    lastSequence = unwrap(sequence, lastSequence, 2 ** 16);
    lastTimestamp = unwrap(timestamp, lastTimestamp, 2 ** 32);
    record.total++;
    record.lastMs = nowMs;
    record.arrivalMs.push(nowMs);
    record.sequence.push(lastSequence);
    record.timestamp.push(lastTimestamp);
    if (record.keeps) record.payload.push(Buffer.from(payload));
  };
  return record;
}

/** A counter without its wrapping, from the value nearest to the last. */
function unwrap(value, last, modulus) {
  if (last === undefined) return value;
  const step = (((value - last) % modulus) + modulus) % modulus;
  return last + (step < modulus / 2 ? step : step - modulus);
}
