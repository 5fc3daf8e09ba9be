/** What a move of gaps needs to be told: owner and day, evidence, words. Several gaps are moved one after the other. */
import { useState } from "preact/hooks";
import type { AskMove, GapDetail, GapLine } from "../api.gen";
import { failureOf, post } from "../client";
import { day } from "../format";
import { look, t } from "../i18n";
import { Dialog } from "../ui/dialog";
import { evidenceFault, EvidenceFields, evidenceOf, FormEnd, NO_EVIDENCE, WordsField } from "../ui/form";
import { say } from "../ui/toast";

export type Moving = { move: AskMove["move"]; lines: GapLine[] };
const WEEKS = 2; // The day proposed.
const NEEDS_WORDS: readonly string[] = ["send_back", "reopen", "note"];

export function GapDialog({
  moving,
  owners,
  done,
  close,
}: {
  moving: Moving;
  owners: string[];
  done: () => void;
  close: () => void;
}) {
  const m = t();
  const { move, lines } = moving;
  const [owner, setOwner] = useState(lines.length === 1 ? (lines[0]?.owner ?? "") : "");
  const [due, setDue] = useState(lines[0]?.due ?? day(Date.now() + WEEKS * 7 * 86_400_000));
  const [evidence, setEvidence] = useState(NO_EVIDENCE);
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const today = day(Date.now());
  const wrong = (): string => {
    if (move === "assign" && !owner.trim()) return m.gap.ownerNeeded;
    if (move === "assign" && (!due || due < today)) return m.gap.dueNeeded;
    const fault = move === "rectify" ? evidenceFault(evidence, true) : "";
    if (fault) return fault;
    return NEEDS_WORDS.includes(move) && !note.trim() ? m.gap.wordsNeeded : "";
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const found = wrong();
    if (found) return setProblem(found);
    setBusy(true);
    let moved = 0;
    for (const line of lines) {
      const body: AskMove = {
        move,
        version: line.ver,
        note: note.trim(),
        ...(move === "assign" ? { owner: owner.trim(), due } : {}),
        ...(move === "rectify" ? { evidence: evidenceOf(evidence) } : {}),
      };
      try {
        await post<GapDetail>(`/gaps/${encodeURIComponent(line.id)}/moves`, { body });
        moved += 1;
      } catch (error) {
        const failure = failureOf(error);
        const why = look(m.gap.refused, failure.code);
        say(
          "bad",
          m.gap.notMoved(look(m.gap.moves, move)),
          why === failure.code ? look(m.failure.codes, failure.code) : why,
        );
        break;
      }
    }
    if (moved) say("plain", m.gap.moved(look(m.gap.moves, move), moved));
    done();
    close();
  };
  return (
    <Dialog title={look(m.gap.moves, move)} close={close}>
      <form onSubmit={(event) => void submit(event)} class="actform">
        <p class="subject">
          {lines.length === 1 ? `${lines[0]?.school_name ?? ""}` : m.gap.several(lines.length)}
          <span class="dim"> {look(m.gap.moveHints, move)}</span>
        </p>
        {move === "assign" && (
          <>
            <label class="field">
              {m.gap.owner}
              <input
                data-first
                list="gap-owners"
                value={owner}
                maxLength={80}
                placeholder={m.gap.ownerHint}
                onInput={(event) => (setOwner(event.currentTarget.value), setProblem(""))}
              />
              <datalist id="gap-owners">
                {owners.map((one) => (
                  <option key={one} value={one} />
                ))}
              </datalist>
            </label>
            <label class="field">
              {m.gap.due}
              <input
                type="date"
                min={today}
                value={due}
                onInput={(event) => (setDue(event.currentTarget.value), setProblem(""))}
              />
            </label>
          </>
        )}
        {move === "rectify" && (
          <EvidenceFields value={evidence} set={(value) => (setEvidence(value), setProblem(""))} first />
        )}
        <WordsField
          label={m.gap.note}
          value={note}
          set={(value) => (setNote(value), setProblem(""))}
          first={move !== "assign" && move !== "rectify"}
        />
        <FormEnd problem={problem} close={close} text={look(m.gap.moves, move)} busy={busy} disabled={busy} />
      </form>
    </Dialog>
  );
}
