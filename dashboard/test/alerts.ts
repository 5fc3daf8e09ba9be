/** Alerts for tests: a plain real press, of which anything can be said otherwise. */
import type { Alert } from "../src/api.gen";

let next = 1;

export function alertOf(change: Partial<Alert> = {}): Alert {
  const id = change.id ?? `a${next++}`;
  return {
    id,
    ver: 1,
    rule: "one_key_press",
    sev: 1,
    state: "raised",
    mode: "real",
    school: "s1",
    unit: "u1",
    station: "p1",
    gateway: "gw-1",
    device: "btn-1",
    device_name: "",
    place: "",
    t: 1_000,
    rx: 1_000,
    updated: 1_000,
    stored: true,
    late: false,
    owner: "",
    owner_display: "",
    acked_at: null,
    ended_at: null,
    resolved_at: null,
    cause: "",
    count: 1,
    children: 0,
    escalation: 0,
    next_escalation_at: null,
    first_hop: "confirmed",
    flow: "incident",
    code: "",
    held: "",
    held_until: null,
    group: "",
    security: (change.flow ?? "incident") === "incident",
    confirmed: false,
    proposed_by: "",
    proposed_cause: "",
    ack_expires_at: null,
    ack_expired: false,
    steps: 4,
    shown: 0,
    window: "",
    why_real: "",
    ...change,
  } as Alert;
}

export const fault = (change: Partial<Alert> = {}): Alert =>
  alertOf({ rule: "camera_offline", sev: 3, flow: "fault", device: "cam-1", ...change });
