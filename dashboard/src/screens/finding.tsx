/** What a visit finds: words, clause, how bad, the photo's reference and digest. */
import { useState } from "preact/hooks";
import type { AskFinding, VisitDetail, VisitView } from "../api.gen";
import { Failure, post } from "../client";
import { labelled, look, t } from "../i18n";
import { picture } from "../store/feed";
import { Dialog } from "../ui/dialog";
import { Button } from "../ui/parts";

const SEVERITIES: readonly AskFinding["severity"][] = ["minor", "serious", "grave"];
const DIGEST = /^[0-9a-f]{64}$/;

export function FindingDialog({ visit, done, close }: { visit: VisitView; done: () => void; close: () => void }) {
  const m = t();
  const [words, setWords] = useState("");
  const [clause, setClause] = useState("");
  const [severity, setSeverity] = useState<AskFinding["severity"]>("minor");
  const [indicator, setIndicator] = useState("");
  const [reference, setReference] = useState("");
  const [digest, setDigest] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!words.trim()) return setProblem(m.gap.wordsNeeded);
    if (digest && !DIGEST.test(digest)) return setProblem(m.gap.digestWrong);
    if (digest && !reference.trim()) return setProblem(m.gap.evidenceNeeded);
    setBusy(true);
    const body: AskFinding = {
      number: visit.findings + 1,
      words: words.trim(),
      severity,
      clause: clause.trim(),
      indicator,
      evidence: reference.trim() ? [{ reference: reference.trim(), sha256: digest }] : [],
    };
    try {
      await post<VisitDetail>(`/visits/${encodeURIComponent(visit.id)}/findings`, { body });
      done();
      close();
    } catch (error) {
      const failure = error instanceof Failure ? error : new Failure("unreadable");
      setProblem(look(m.failure.codes, failure.code));
      setBusy(false);
      if (failure.code === "version_conflict") done();
    }
  };
  return (
    <Dialog title={m.visit.acts.find} close={close}>
      <form onSubmit={(event) => void submit(event)} class="actform">
        <label class="field">
          {m.visit.words}
          <textarea
            data-first
            rows={3}
            maxLength={1000}
            value={words}
            onInput={(event) => (setWords(event.currentTarget.value), setProblem(""))}
          />
        </label>
        <label class="field">
          {m.gap.clause}
          <input
            value={clause}
            maxLength={300}
            placeholder={m.visit.clauseHint}
            onInput={(event) => setClause(event.currentTarget.value)}
          />
        </label>
        <div class="row">
          <label class="field">
            {m.visit.severity}
            <select
              value={severity}
              onChange={(event) => setSeverity(event.currentTarget.value as AskFinding["severity"])}
            >
              {SEVERITIES.map((one) => (
                <option key={one} value={one}>
                  {look(m.visit.severities, one)}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            {m.gap.item}
            <select value={indicator} onChange={(event) => setIndicator(event.currentTarget.value)}>
              <option value="">{m.visit.noItem}</option>
              {picture.value?.indicators.map((one) => (
                <option key={one.id} value={one.id}>
                  {labelled(one)}
                </option>
              ))}
            </select>
          </label>
        </div>
        <label class="field">
          {m.gap.evidence}
          <input
            value={reference}
            maxLength={200}
            placeholder={m.gap.evidenceHint}
            onInput={(event) => (setReference(event.currentTarget.value), setProblem(""))}
          />
        </label>
        <label class="field">
          {m.gap.digest}
          <input
            class="id"
            value={digest}
            maxLength={64}
            placeholder={m.gap.digestHint}
            onInput={(event) => (setDigest(event.currentTarget.value.trim().toLowerCase()), setProblem(""))}
          />
        </label>
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="row end">
          <Button onClick={close}>{m.common.cancel}</Button>
          <Button look="primary" type="submit" busy={busy} disabled={busy}>
            {m.common.confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
