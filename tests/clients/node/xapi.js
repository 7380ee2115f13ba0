// @xapi/xapi, by axios as in Node: statements, queries, state, profiles, attachments, both versions.
const XAPI = require("@xapi/xapi").default || require("@xapi/xapi");
const [, , endpoint, username, password, version] = process.argv;
const auth = XAPI.toBasicAuth(username, password);
const xapi = new XAPI({ endpoint, auth, version });
const mbox = `mailto:xapi-${version}@example.org`;
const agent = { objectType: "Agent", mbox };
const activityId = `https://clients.example/xapi/${version}`;
const statement = {
  actor: agent,
  verb: XAPI.Verbs.EXPERIENCED || { id: "http://adlnet.gov/expapi/verbs/experienced" },
  object: { objectType: "Activity", id: activityId, definition: { name: { en: "xAPI.js" } } },
};

(async () => {
  const found = {};
  const [id] = (await xapi.sendStatement({ statement })).data;
  await xapi.sendStatements({ statements: [statement, statement] });
  const page = (await xapi.getStatements({ agent, limit: 2 })).data;
  const more = (await xapi.getMoreStatements({ more: page.more })).data;
  found.pages = [page.statements.length, more.statements.length, more.more || ""];
  found.one = (await xapi.getStatement({ statementId: id })).data.id === id;
  await xapi.voidStatement({ actor: agent, statementId: id });
  found.voided = (await xapi.getVoidedStatement({ voidedStatementId: id })).data.id === id;
  const place = { agent, activityId };
  await xapi.setState({ ...place, stateId: "s", state: { a: 1 } });
  const answer = await xapi.getState({ ...place, stateId: "s" });
  const held = version === "2.0.0" ? { etag: answer.headers.etag, matchHeader: "If-Match" } : {};
  await xapi.createState({ ...place, stateId: "s", state: { b: 2 } });
  found.state = (await xapi.getState({ ...place, stateId: "s" })).data;
  found.states = (await xapi.getStates(place)).data;
  if (held.etag) {
    found.stale = await xapi
      .setState({ ...place, stateId: "s", state: { c: 3 }, ...held })
      .then((r) => r.status, (error) => error.response.status);
  }
  await xapi.deleteState({ ...place, stateId: "s" });
  await xapi.createActivityProfile({ activityId, profileId: "p", profile: { x: 1 } });
  found.profile = (await xapi.getActivityProfile({ activityId, profileId: "p" })).data;
  await xapi.createAgentProfile({ agent, profileId: "q", profile: { y: 1 } });
  found.agentProfiles = (await xapi.getAgentProfiles({ agent })).data;
  found.person = (await xapi.getAgent({ agent })).data;
  found.activity = (await xapi.getActivity({ activityId })).data.definition.name.en;
  found.versions = (await xapi.getAbout()).data.version;
  console.log(JSON.stringify(found));
})().catch((error) => {
  console.error(error.message, error.response && error.response.data);
  process.exit(1);
});
