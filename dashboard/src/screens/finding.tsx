/** What a visit finds: words, clause, how bad, the photo's reference and digest. */
import { useState } from "preact/hooks";
import type { AskFinding, VisitDetail, VisitView } from "../api.gen";
import { failureOf, post } from "../client";
import { labelled, look, t } from "../i18n";
import { picture } from "../store/feed";
import { Dialog } from "../ui/dialog";
import { evidenceFault, EvidenceFields, evidenceOf, FormEnd, NO_EVIDENCE, TextField, WordsField } from "../ui/form";

const SEVERITIES: readonly AskFinding["severity"][] = ["minor", "serious", "grave"];

export function FindingDialog({ visit, done, close }: { visit: VisitView; done: () => void; close: () => void }) {
  const m = t();
  const [words, setWords] = useState("");
  const [clause, setClause] = useState("");
  const [severity, setSeverity] = useState<AskFinding["severity"]>("minor");
  const [indicator, setIndicator] = useState("");
  const [evidence, setEvidence] = useState(NO_EVIDENCE);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!words.trim()) return setProblem(m.gap.wordsNeeded);
    const fault = evidenceFault(evidence, false);
    if (fault) return setProblem(fault);
    setBusy(true);
    const body: AskFinding = {
      number: visit.findings + 1,
      words: words.trim(),
      severity,
      clause: clause.trim(),
      indicator,
      evidence: evidenceOf(evidence),
    };
    try {
      await post<VisitDetail>(`/visits/${encodeURIComponent(visit.id)}/findings`, { body });
      done();
      close();
    } catch (error) {
      const failure = failureOf(error);
      setProblem(look(m.failure.codes, failure.code));
      setBusy(false);
      if (failure.code === "version_conflict") done();
    }
  };
  return (
    <Dialog title={m.visit.acts.find} close={close}>
      <form onSubmit={(event) => void submit(event)} class="actform">
        <WordsField label={m.visit.words} value={words} set={(value) => (setWords(value), setProblem(""))} first />
        <TextField label={m.gap.clause} value={clause} set={setClause} most={300} hint={m.visit.clauseHint} />
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
        <EvidenceFields value={evidence} set={(value) => (setEvidence(value), setProblem(""))} />
        <FormEnd problem={problem} close={close} text={m.common.confirm} busy={busy} disabled={busy} />
      </form>
    </Dialog>
  );
}
