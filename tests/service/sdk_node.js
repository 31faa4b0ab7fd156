// A program of a user of the hosted service, by its SDK for Node, with only the base URL changed.
// Run with the URL of the service, account sid, auth token, sid of a room, layouts as JSON, and a
// folder for what is downloaded.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const twilio = require("twilio");

const [url, account, token, room, layouts, folder] = process.argv.slice(2);
const client = twilio(account, token);
client.video.baseUrl = url;
const video = client.video.v1;

async function errorOf(promise) {
  try {
    await promise;
  } catch (error) {
    return [error.status, error.code, error.message];
  }
  throw new Error("there was no error");
}

async function download(uri, file) {
  const response = await client.request({ method: "GET", uri: `${uri}?Ttl=600` });
  const body = typeof response.body === "string" ? JSON.parse(response.body) : response.body;
  assert.equal(response.statusCode, 302);
  const content = await fetch(body.redirect_to);
  assert.equal(content.status, 200);
  fs.writeFileSync(path.join(folder, file), Buffer.from(await content.arrayBuffer()));
}

async function createAll() {
  const made = new Map();
  for (const layout of JSON.parse(layouts)) {
    const composition = await video.compositions.create({
      roomSid: room,
      format: "mp4",
      videoLayout: layout.VideoLayout,
      audioSources: layout.AudioSources,
      audioSourcesExcluded: layout.AudioSourcesExcluded,
      resolution: layout.Resolution,
      statusCallback: "https://example.org/events",
    });
    assert.match(composition.sid, /^CJ[0-9a-f]{32}$/);
    assert.equal(composition.accountSid, account);
    assert.equal(composition.roomSid, room);
    assert.ok(["enqueued", "processing"].includes(composition.status));
    assert.ok(composition.dateCreated instanceof Date);
    assert.equal(composition.dateCompleted, null);
    assert.equal(composition.dateDeleted, null);
    assert.deepEqual([composition.bitrate, composition.size, composition.duration], [0, 0, 0]);
    assert.equal(composition.trim, true);
    assert.equal(composition.resolution, layout.Resolution ?? "640x480");
    assert.deepEqual(composition.audioSources, layout.AudioSources ?? []);
    assert.deepEqual(composition.audioSourcesExcluded, layout.AudioSourcesExcluded ?? []);
    assert.equal(composition.mediaExternalLocation, null);
    assert.equal(composition.statusCallbackMethod, "POST");
    assert.equal(composition.links.media, `${composition.url}/Media`);
    for (const [name, region] of Object.entries(layout.VideoLayout ?? {})) {
      const echoed = composition.videoLayout[name];
      for (const key of Object.keys(region)) assert.deepEqual(echoed[key], region[key]);
      assert.equal(Object.keys(echoed).length, 11);
    }
    made.set(composition.sid, layout.name);
  }
  return made;
}

async function waitFor(sid, name) {
  for (;;) {
    const composition = await video.compositions(sid).fetch();
    if (!["enqueued", "processing"].includes(composition.status)) {
      assert.equal(composition.status, "completed", name);
      assert.ok(composition.dateCompleted >= composition.dateCreated);
      assert.ok(composition.bitrate > 0 && composition.size > 0);
      assert.equal(composition.duration, 2, name);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const sids = (list) => list.map((one) => one.sid);

async function listAll(made, began) {
  const found = sids(await video.compositions.list({ roomSid: room, pageSize: 3 }));
  assert.deepEqual(found, [...made.keys()].sort().reverse());
  const some = await video.compositions.list({ roomSid: room, limit: 5 });
  assert.deepEqual(sids(some), found.slice(0, 5));
  const many = await video.compositions.list({ roomSid: room, limit: 200 });
  assert.deepEqual(sids(many), found);
  const wanted = { roomSid: room, status: "completed", dateCreatedAfter: began };
  assert.deepEqual(sids(await video.compositions.list(wanted)), found);
  const none = { roomSid: room, dateCreatedBefore: began };
  assert.deepEqual(await video.compositions.list(none), []);
  const seen = [];
  let page = await video.compositions.page({ roomSid: room, pageSize: 4 });
  while (page) {
    seen.push(...sids(page.instances));
    page = await page.nextPage();
  }
  assert.deepEqual(seen, found);
  return found;
}

async function lookAtRoom() {
  const fetched = await video.rooms(room).fetch();
  assert.equal(fetched.status, "completed");
  assert.ok(fetched.dateCreated < fetched.endTime);
  const people = await video.rooms(room).participants.list();
  const person = await video.rooms(room).participants(people[0].sid).fetch();
  assert.equal(person.identity, people[0].identity);
  const ofRoom = await video.rooms(room).recordings.list({ limit: 1000 });
  const grouped = await video.recordings.list({ groupingSid: [room], pageSize: 2 });
  assert.deepEqual(sids(ofRoom), sids(grouped));
  const mine = await video.recordings.list({ groupingSid: [room, people[0].sid] });
  assert.ok(mine.every((one) => one.groupingSids.participant_sid === people[0].sid));
  const sounds = await video.recordings.list({ groupingSid: [room], mediaType: "audio" });
  const recording = await video.recordings(sounds[0].sid).fetch();
  assert.equal(recording.codec, "OPUS");
  assert.ok(recording.dateCreated instanceof Date);
  return recording;
}

// The SDK makes objects of rules, with all filters in them.
function plain(rules) {
  return JSON.parse(JSON.stringify(rules));
}

async function changeRules() {
  const ruled = video.rooms(room).recordingRules;
  const everything = [{ type: "include", all: true }];
  assert.deepEqual(plain((await ruled.fetch()).rules), everything);
  const rules = [...everything, { type: "exclude", kind: "video" }];
  const updated = await ruled.update({ rules });
  assert.deepEqual([updated.roomSid, plain(updated.rules)], [room, rules]);
  assert.ok(updated.dateUpdated >= updated.dateCreated);
  const wrong = await errorOf(ruled.update({ rules: [{ type: "include" }] }));
  assert.deepEqual(wrong.slice(0, 2), [400, 53120]);
  assert.deepEqual(plain((await ruled.fetch()).rules), rules);
  assert.deepEqual(plain((await ruled.update({ rules: everything })).rules), everything);
}

async function makeErrors(found) {
  const nobody = "CJ" + "0".repeat(32);
  assert.deepEqual((await errorOf(video.compositions(nobody).fetch())).slice(0, 2), [404, 20404]);
  const without = await errorOf(video.compositions.create({ roomSid: room }));
  assert.deepEqual(without.slice(0, 2), [400, 20001]);
  assert.match(without[2], /VideoLayout or AudioSources/);
  const odd = { roomSid: room, videoLayout: { transcode: { video_sources: "RT1" } } };
  assert.match((await errorOf(video.compositions.create(odd)))[2], /transcode\/video_sources/);
  const nowhere = { roomSid: "RM" + "0".repeat(32), audioSources: ["*"] };
  assert.deepEqual((await errorOf(video.compositions.create(nowhere))).slice(0, 2), [404, 53106]);
  const stranger = twilio(account, "0".repeat(32));
  stranger.video.baseUrl = url;
  const refused = await errorOf(stranger.video.v1.compositions(found[0]).fetch());
  assert.deepEqual(refused.slice(0, 2), [401, 20003]);
}

async function removeSome(found) {
  for (const sid of found.slice(0, 2)) {
    assert.equal(await video.compositions(sid).remove(), true);
    const gone = await video.compositions(sid).fetch();
    assert.equal(gone.status, "deleted");
    assert.ok(gone.dateDeleted instanceof Date);
  }
  const deleted = await video.compositions.list({ status: "deleted", roomSid: room });
  assert.deepEqual(sids(deleted), found.slice(0, 2));
}

async function main() {
  const began = new Date(Math.floor(Date.now() / 1000) * 1000);
  const made = await createAll();
  for (const [sid, name] of made) await waitFor(sid, name);
  const found = await listAll(made, began);
  const recording = await lookAtRoom();
  for (const sid of found) await download(`${url}/v1/Compositions/${sid}/Media`, `${sid}.mp4`);
  await download(recording.links.media, "recording.mka");
  await changeRules();
  await makeErrors(found);
  await removeSome(found);
  console.log(JSON.stringify(Object.fromEntries(made)));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
