/** A school renamed, closed or merged as one act, with what becomes of its devices and its lines. */
import { useState } from "preact/hooks";
import type { LineView } from "../api.gen";
import { t } from "../i18n";
import { picture } from "../store/feed";
import { schoolNameOf } from "../store/words";
import { Dialog } from "../ui/dialog";
import { FormEnd } from "../ui/form";
import { Choice } from "../ui/parts";
import { Faults, useEdit } from "./ledgerline";

type What = "rename" | "close" | "merge";
type Fate = "move" | "retire" | "keep";

export function ReorganiseDialog({ line, close, done }: { line: LineView; close: () => void; done: () => void }) {
  const m = t();
  const school = line.key[0] ?? "";
  const [act, setAct] = useState<What>("rename");
  const [name, setName] = useState(String(line.values["name"] ?? ""));
  const [nameEn, setNameEn] = useState(String(line.values["name_en"] ?? ""));
  const [into, setInto] = useState("");
  const [devices, setDevices] = useState<Fate>("retire");
  const [records, setRecords] = useState<Fate>("keep");
  const [day, setDay] = useState("");
  const [reason, setReason] = useState("");
  const edit = useEdit(`/schools/${encodeURIComponent(school)}/reorganise`, done);
  const fates = (act === "merge" ? ["move", "retire", "keep"] : ["retire", "keep"]) as Fate[];
  const pick = (what: What) => {
    setAct(what);
    setDevices(what === "merge" ? "move" : "retire");
    setRecords(what === "merge" ? "move" : "keep");
  };
  const ready = reason.trim() && day && (act === "rename" ? name.trim() : act === "merge" ? into : true);
  const fate = (label: string, value: Fate, set: (fate: Fate) => void) => (
    <div class="field">
      <span>{label}</span>
      <Choice
        label={label}
        value={value}
        options={fates.map((one) => ({ value: one, text: m.ledger.fates[one] }))}
        pick={set}
      />
    </div>
  );
  return (
    <Dialog title={m.ledger.reorganiseTitle(String(line.values["name"] ?? school))} close={close} wide>
      <form
        class="lineform"
        onSubmit={(event) => {
          event.preventDefault();
          void edit.send({
            act,
            day,
            reason,
            name,
            name_en: nameEn,
            into: act === "merge" ? into : "",
            devices,
            records,
          });
        }}
      >
        <Choice
          label={m.ledger.reorganise}
          value={act}
          options={(["rename", "close", "merge"] as What[]).map((one) => ({
            value: one,
            text: m.ledger.reorganisations[one],
          }))}
          pick={pick}
        />
        <p class="dim">{m.ledger.reorganiseHints[act]}</p>
        <div class="fields">
          {act === "rename" && (
            <>
              <label class="field">
                {m.ledger.newName}
                <input
                  type="text"
                  maxLength={128}
                  value={name}
                  onInput={(event) => setName(event.currentTarget.value)}
                />
              </label>
              <label class="field">
                {m.ledger.newNameEn}
                <input
                  type="text"
                  maxLength={128}
                  value={nameEn}
                  onInput={(event) => setNameEn(event.currentTarget.value)}
                />
              </label>
            </>
          )}
          {act === "merge" && (
            <label class="field">
              {m.ledger.into}
              <select value={into} onChange={(event) => setInto(event.currentTarget.value)}>
                <option value="" />
                {picture.value?.schools.id
                  .filter((one) => one !== school)
                  .map((one) => (
                    <option key={one} value={one}>
                      {schoolNameOf(one)}
                    </option>
                  ))}
              </select>
            </label>
          )}
          {act !== "rename" && fate(m.ledger.devicesFate, devices, setDevices)}
          {act !== "rename" && fate(m.ledger.recordsFate, records, setRecords)}
          <label class="field">
            {m.ledger.day}
            <input type="date" value={day} onInput={(event) => setDay(event.currentTarget.value)} />
          </label>
          <label class="field">
            {m.ledger.reason}
            <input
              type="text"
              maxLength={500}
              value={reason}
              placeholder={m.ledger.reasonHint}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
        </div>
        <Faults faults={edit.faults} />
        <FormEnd
          close={close}
          text={m.ledger.reorganisations[act]}
          look={act === "rename" ? "primary" : "danger"}
          busy={edit.busy}
          disabled={!ready}
        />
      </form>
    </Dialog>
  );
}
