// A program that makes, changes and removes hooks, and settings, by the hosted service's SDK for Node.
// Run with the URL of the service, account sid, auth token, and sid of a public key.
"use strict";
const assert = require("node:assert/strict");
const twilio = require("twilio");

const [url, account, token, key] = process.argv.slice(2);
const client = twilio(account, token);
client.video.baseUrl = url;
const hooks = client.video.v1.compositionHooks;

async function errorOf(promise) {
  try {
    await promise;
  } catch (error) {
    return [error.status, error.code, error.message];
  }
  throw new Error("there was no error");
}

const sids = (list) => list.map((one) => one.sid);

async function create() {
  const made = await hooks.create({
    friendlyName: "Lessons by Node",
    videoLayout: { grid: { video_sources: ["*"], max_columns: 3 } },
    audioSources: ["*"],
    audioSourcesExcluded: ["teacher-*"],
    resolution: "1280x720",
    format: "mp4",
    trim: false,
    statusCallback: "https://example.org/events",
    statusCallbackMethod: "GET",
  });
  assert.match(made.sid, /^HK[0-9a-f]{32}$/);
  assert.equal(made.accountSid, account);
  assert.equal(made.enabled, true);
  assert.ok(made.dateCreated instanceof Date);
  assert.equal(made.dateUpdated, null);
  assert.deepEqual(made.audioSourcesExcluded, ["teacher-*"]);
  assert.equal(Object.keys(made.videoLayout.grid).length, 11);
  assert.deepEqual([made.resolution, made.format, made.trim], ["1280x720", "mp4", false]);
  assert.equal(made.statusCallbackMethod, "GET");
  assert.equal(made.url, `${url}/v1/CompositionHooks/${made.sid}`);
  const other = await hooks.create({
    friendlyName: "Others by Node",
    audioSources: ["*"],
    enabled: false,
  });
  assert.deepEqual([other.enabled, other.resolution, other.trim], [false, "640x480", true]);
  return [made, other];
}

async function list(made, other, began) {
  const mine = { friendlyName: "*BY node" };
  const found = sids(await hooks.list(mine));
  assert.deepEqual([...found].sort(), [made.sid, other.sid].sort());
  assert.deepEqual(sids(await hooks.list({ ...mine, pageSize: 1 })), found);
  assert.deepEqual(sids(await hooks.list({ ...mine, enabled: true })), [made.sid]);
  assert.deepEqual(sids(await hooks.list({ ...mine, enabled: false })), [other.sid]);
  assert.deepEqual(sids(await hooks.list({ ...mine, dateCreatedAfter: began })), found);
  const before = new Date(began - 86_400_000);
  assert.deepEqual(await hooks.list({ ...mine, dateCreatedBefore: before }), []);
}

async function update(made) {
  const changed = await hooks(made.sid).update({
    friendlyName: "Lessons of Node",
    audioSources: ["*"],
  });
  assert.equal(changed.sid, made.sid);
  assert.deepEqual(changed.dateCreated, made.dateCreated);
  assert.ok(changed.dateUpdated instanceof Date);
  assert.deepEqual(changed.videoLayout, {});
  assert.deepEqual([changed.resolution, changed.format, changed.trim], ["640x480", "webm", true]);
  assert.equal(changed.statusCallback, null);
  const fetched = await hooks(made.sid).fetch();
  assert.deepEqual(fetched.dateUpdated, changed.dateUpdated);
}

async function makeErrors(made) {
  const nobody = "HK" + "0".repeat(32);
  assert.deepEqual((await errorOf(hooks(nobody).fetch())).slice(0, 2), [404, 20404]);
  const taken = await errorOf(hooks.create({ friendlyName: "OTHERS by node", audioSources: ["*"] }));
  assert.deepEqual(taken.slice(0, 2), [400, 20001]);
  assert.match(taken[2], /FriendlyName/);
  const empty = await errorOf(hooks(made.sid).update({ friendlyName: "x" }));
  assert.match(empty[2], /VideoLayout or AudioSources/);
  const file = (await hooks.list()).find((one) => one.friendlyName === "operator's");
  assert.deepEqual((await errorOf(hooks(file.sid).remove())).slice(0, 2), [409, 20409]);
}

async function set() {
  const ofCompositions = client.video.v1.compositionSettings();
  assert.equal((await ofCompositions.fetch()).encryptionEnabled, false);
  const on = await ofCompositions.create({
    friendlyName: "by Node",
    encryptionEnabled: true,
    encryptionKeySid: key,
  });
  assert.deepEqual([on.friendlyName, on.encryptionEnabled, on.encryptionKeySid], ["by Node", true, key]);
  const elsewhere = { friendlyName: "x", awsStorageEnabled: true };
  assert.match((await errorOf(ofCompositions.create(elsewhere)))[2], /AwsStorageEnabled/);
  assert.equal((await ofCompositions.create({ friendlyName: "off" })).encryptionEnabled, false);
  const ofRecordings = client.video.v1.recordingSettings();
  assert.equal((await ofRecordings.create({ friendlyName: "theirs" })).friendlyName, "theirs");
  const sealed = { friendlyName: "x", encryptionEnabled: true };
  assert.deepEqual((await errorOf(ofRecordings.create(sealed))).slice(0, 2), [400, 20001]);
}

async function main() {
  const began = new Date(Math.floor(Date.now() / 1000) * 1000);
  const [made, other] = await create();
  await list(made, other, began);
  await update(made);
  await makeErrors(made);
  for (const one of [made, other]) {
    assert.equal(await hooks(one.sid).remove(), true);
    assert.deepEqual((await errorOf(hooks(one.sid).fetch())).slice(0, 2), [404, 20404]);
  }
  assert.deepEqual(await hooks.list({ friendlyName: "*node" }), []);
  await set();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
