// ADL's wrapper for Node: statements, more, state, profiles, agents, activities.
const adl = require("adl-xapiwrapper");
const [, , endpoint, user, pass] = process.argv;
const lrs = new adl.XAPIWrapper({ url: endpoint, auth: { user, pass } });
const agent = { mbox: "mailto:adl@example.org" };
const activity = "https://clients.example/adl";
const statement = {
  actor: agent,
  verb: { id: "http://adlnet.gov/expapi/verbs/experienced" },
  object: { id: activity, definition: { name: { en: "ADL" } } },
};

const call = (name, ...args) =>
  new Promise((resolve, reject) =>
    lrs[name](...args, (error, response, body) =>
      error || response.statusCode >= 400
        ? reject(new Error(`${name}: ${error || response.statusCode} ${body}`))
        : resolve(body ? JSON.parse(body) : null)
    )
  );

(async () => {
  const found = {};
  await call("sendStatements", statement);
  await call("sendStatements", [statement, statement]);
  const page = await call("getStatements", { agent: JSON.stringify(agent), limit: 2 }, null);
  const more = await call("getStatements", null, page.more);
  found.pages = [page.statements.length, more.statements.length, more.more || ""];
  await call("sendState", activity, agent, "s", null, { a: 1 }, null, null);
  found.state = await call("getState", activity, agent, "s", null, null);
  await call("sendActivityProfile", activity, "p", { x: 1 }, null, "*");
  found.profile = await call("getActivityProfile", activity, "p", null);
  await call("sendAgentProfile", agent, "q", { y: 1 }, null, "*");
  found.agentProfile = await call("getAgentProfile", agent, "q", null);
  found.person = await call("getAgents", agent);
  found.activity = (await call("getActivities", activity)).definition.name.en;
  console.log(JSON.stringify(found));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
