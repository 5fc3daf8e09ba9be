// An edge node made of the independent client, driven by lines of JSON on stdin; what it hears goes out as lines of JSON.
//   {"do": "connect", "port", "group", "node", "metrics"}    then NBIRTH and every known device's DBIRTH
//   {"do": "device", "device", "metrics", "compress"?}        DBIRTH
//   {"do": "data", "device", "metrics", "compress"?}          DDATA; without a device NDATA
//   {"do": "dead", "device"}  DDEATH      {"do": "stop"}  a clean end with NDEATH
// Births are told again when a rebirth is asked for, as the standard has it.
"use strict";
const readline = require("node:readline");
const sparkplug = require("sparkplug-client");

const say = (told) => process.stdout.write(JSON.stringify(told) + "\n");
const devices = new Map();
let client;
let own = [];

const stamped = (metrics) => ({ timestamp: Date.now(), metrics: metrics.map((one) => ({ timestamp: Date.now(), ...one })) });
const options = (asked) => (asked ? { compress: true, algorithm: asked } : undefined);

function birth() {
  client.publishNodeBirth(stamped([...own, { name: "Node Control/Rebirth", type: "Boolean", value: false }]));
  for (const [device, told] of devices) client.publishDeviceBirth(device, stamped(told.metrics), options(told.compress));
  say({ did: "birth" });
}

const acts = {
  connect(asked) {
    own = asked.metrics ?? [];
    client = sparkplug.newClient({
      serverUrl: `mqtt://127.0.0.1:${asked.port}`,
      username: "",
      password: "",
      groupId: asked.group,
      edgeNode: asked.node,
      clientId: `edge-${asked.node}-${process.pid}`,
      version: "spBv1.0",
      publishDeath: true,
      keepalive: 5,
      mqttOptions: { reconnectPeriod: 200 },
    });
    client.on("birth", birth);
    client.on("ncmd", (payload) => {
      for (const metric of payload.metrics ?? []) {
        say({ did: "ncmd", name: metric.name, value: metric.value });
        if (metric.name === "Node Control/Rebirth" && metric.value) birth();
      }
    });
    client.on("error", (error) => say({ did: "error", text: String(error) }));
    client.on("close", () => say({ did: "close" }));
  },
  device(asked) {
    devices.set(asked.device, asked);
    client.publishDeviceBirth(asked.device, stamped(asked.metrics), options(asked.compress));
  },
  data(asked) {
    if (asked.device) client.publishDeviceData(asked.device, stamped(asked.metrics), options(asked.compress));
    else client.publishNodeData(stamped(asked.metrics), options(asked.compress));
  },
  dead(asked) {
    devices.delete(asked.device);
    client.publishDeviceDeath(asked.device, { timestamp: Date.now() });
  },
  skip() {
    client.seq = (client.seq + 1) % 256; // A message that the network lost.
  },
  stop() {
    client.stop();
  },
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const asked = JSON.parse(line);
  acts[asked.do](asked);
  say({ did: asked.do });
});
