// A small app with SCIMMY's endpoints over two maps: `node app.mjs PORT TOKEN`.
import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, token] = process.argv.slice(2);

function store(Resource, uniqueName) {
  const rows = new Map();
  const missing = () => new SCIMMY.Types.Error(404, null, "there is no such object");
  SCIMMY.Resources.declare(Resource)
    .ingress((resource, data) => {
      const old = resource.id ? rows.get(resource.id) : undefined;
      if (resource.id && !old) throw missing();
      const name = data[uniqueName]?.toLowerCase();
      for (const row of uniqueName ? rows.values() : []) {
        if (row.id !== resource.id && row[uniqueName].toLowerCase() === name) {
          throw new SCIMMY.Types.Error(409, "uniqueness", "the name is taken");
        }
      }
      const now = new Date().toISOString();
      const row = JSON.parse(JSON.stringify(data));
      row.id = old?.id ?? randomUUID();
      row.meta = { created: old?.meta.created ?? now, lastModified: now };
      rows.set(row.id, row);
      return row;
    })
    .egress((resource) => {
      if (!resource.id) return resource.filter?.match([...rows.values()]) ?? [...rows.values()];
      const row = rows.get(resource.id);
      if (!row) throw missing();
      return row;
    })
    .degress((resource) => {
      if (!rows.delete(resource.id)) throw missing();
    });
}

SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false);
store(SCIMMY.Resources.User, "userName");
store(SCIMMY.Resources.Group);
SCIMMY.Config.set({ patch: true, filter: true, sort: true });

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
  type: "bearer",
  docUri: `http://127.0.0.1:${port}/`,
  handler: (request) => {
    if (request.headers.authorization !== `Bearer ${token}`) throw new Error("not this token");
    return "client";
  },
}));
app.listen(Number(port), "127.0.0.1");
