/** How an alert is called in the chosen language. */
import type { Alert } from "../api.gen";
import { look, named, t } from "../i18n";
import { picture } from "./feed";

export function schoolName(alert: Pick<Alert, "school" | "gateway" | "unit">): string {
  if (!alert.school && alert.unit) return unitName(alert.unit); // One cause over many schools.
  return schoolNameOf(alert.school) || alert.school || `${t().list.noSchool} ${alert.gateway}`;
}

export function schoolNameOf(id: string): string {
  const held = picture.value;
  const ix = held?.schoolIx.get(id);
  if (!held || ix === undefined) return "";
  return named({ name: held.schools.name[ix] ?? "", name_en: held.schools.name_en[ix] ?? "" });
}

export const unitName = (id: string): string => named(picture.value?.units.get(id), id);
export const stationName = (id: string): string => named(picture.value?.stations.get(id), id);

/** What happened, in a few words: the rule, or the device's own code where the rule only passes it on. */
export function whatOf(alert: Alert): string {
  const m = t();
  if (alert.rule === "one_key_press" && alert.code === "sos") return m.code["sos"] ?? alert.code; // A guard's phone.
  return alert.rule === "device_alert" && alert.code ? look(m.code, alert.code) : look(m.rule, alert.rule);
}

/** Everything an alert can be searched by, in both languages. */
export function searchText(alert: Alert): string {
  const held = picture.value;
  const ix = held?.schoolIx.get(alert.school);
  const school = held && ix !== undefined ? `${held.schools.name[ix]} ${held.schools.name_en[ix]}` : "";
  const unit = held?.units.get(alert.unit);
  return [
    school,
    alert.school,
    whatOf(alert),
    alert.rule,
    alert.place,
    alert.device_name,
    alert.id,
    unit?.name ?? "",
    alert.owner_display,
  ].join(" ");
}
