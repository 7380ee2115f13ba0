// TinCanJS as e-learning content uses it: statements, queries, state, profiles, about.
const TinCan = require("tincanjs");
const [, , endpoint, username, password] = process.argv;
const lrs = new TinCan.LRS({ endpoint, username, password, allowFail: false });

const call = (name, ...args) =>
  new Promise((resolve, reject) => {
    const last = args.length && typeof args[args.length - 1] === "object" ? args.pop() : {};
    const callback = (error, result) =>
      error
        ? reject(new Error(`${name}: ${error} ${result && result.responseText}`))
        : resolve(result);
    lrs[name](...args, { ...last, callback });
  });

const agent = new TinCan.Agent({ mbox: "mailto:tincanjs@example.org", name: "Ann" });
const activity = new TinCan.Activity({
  id: "https://clients.example/tincanjs",
  definition: { name: { en: "TinCanJS" } },
});
const statement = () =>
  new TinCan.Statement({
    actor: agent,
    verb: { id: "http://adlnet.gov/expapi/verbs/experienced" },
    target: activity,
    result: { score: { scaled: 0.25 }, duration: "PT1M" },
  });

(async () => {
  const found = {};
  await call("saveStatement", statement(), {});
  await call("saveStatements", [statement(), statement(), statement()], {});
  const first = await call("queryStatements", { params: { agent, limit: 2 } });
  const second = await call("moreStatements", { url: first.more });
  found.pages = [first.statements.length, second.statements.length, second.more || ""];
  const one = await call("retrieveStatement", first.statements[0].id, {});
  found.scaled = one.result.score.scaled;
  const state = { agent, activity, contentType: "application/json" };
  await call("saveState", "bookmark", JSON.stringify({ page: 3 }), state);
  found.state = (await call("retrieveState", "bookmark", { agent, activity })).contents;
  found.stateIds = await call("retrieveStateIds", { agent, activity });
  await call("dropState", "bookmark", { agent, activity });
  found.dropped = await call("retrieveState", "bookmark", { agent, activity });
  const kind = { contentType: "application/json" };
  await call("saveActivityProfile", "p", '{"a":1}', { activity, ...kind });
  const profile = await call("retrieveActivityProfile", "p", { activity });
  found.activityProfile = profile.contents;
  await call("saveActivityProfile", "p", '{"a":2}', {
    activity,
    lastSHA1: profile.etag.replace(/"/g, ""),
    ...kind,
  });
  await call("saveAgentProfile", "q", "plain text", { agent, contentType: "text/plain" });
  found.agentProfile = (await call("retrieveAgentProfile", "q", { agent })).contents;
  found.activity = (await call("retrieveActivity", activity.id, {})).definition.name.en;
  found.versions = (await call("about", {})).version;
  console.log(JSON.stringify(found));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
