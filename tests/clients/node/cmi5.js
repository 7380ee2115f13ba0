// @xapi/cmi5 as an assignable unit: launched by a fetch address, from initialized to terminated.
const http = require("http");
const fs = require("fs");
const path = require("path");
const XAPI = require("@xapi/xapi").default || require("@xapi/xapi");
// The package is made for browsers: its requests need what a browser has.
global.XMLHttpRequest = require("xhr2");
const home = path.dirname(require.resolve("@xapi/cmi5/dist/Cmi5.umd.js"));
const Cmi5 = require(path.join(home, "Cmi5.umd.js"));
const [, , endpoint, username, password] = process.argv;
const actor = {
  objectType: "Agent",
  account: { homePage: "https://clients.example", name: "cmi5" },
};
const activityId = "https://clients.example/cmi5/unit";
const registration = "7c1b6a64-9d1c-4d4a-8a6b-2f6f6d1f0001";
const token = Buffer.from(`${username}:${password}`).toString("base64");

const lms = http.createServer((_, answer) => {
  answer.setHeader("Content-Type", "application/json");
  answer.end(JSON.stringify({ "auth-token": token }));
});

const launchData = {
  contextTemplate: {
    contextActivities: { grouping: [{ id: "https://clients.example/cmi5/course" }] },
    extensions: { "https://w3id.org/xapi/cmi5/context/extensions/sessionid": "s1" },
  },
  launchMode: "Normal",
  moveOn: "CompletedAndPassed",
  masteryScore: 0.5,
};

lms.listen(0, "127.0.0.1", async () => {
  try {
    const xapi = new XAPI({ endpoint, auth: `Basic ${token}` });
    const state = { agent: actor, activityId, registration };
    await xapi.setState({ ...state, stateId: "LMS.LaunchData", state: launchData });
    const fetch = `http://127.0.0.1:${lms.address().port}/fetch`;
    const unit = new (Cmi5.default || Cmi5)({ endpoint, fetch, actor, registration, activityId });
    await unit.initialize();
    await unit.progress(40);
    await unit.interactionTrueFalse("test", "question", true, true, undefined, undefined, true);
    await unit.pass({ scaled: 0.9 });
    await unit.complete();
    await unit.terminate();
    console.log(JSON.stringify({ launched: unit.launchData.launchMode }));
  } catch (error) {
    console.error(error.message, error.response && error.response.data);
    process.exitCode = 1;
  } finally {
    lms.close();
  }
});
