/** The Chinese texts, a file for each subject: the source of all texts. Every English file has the shape of its Chinese one, or the type check fails. */
import { alert } from "./alert";
import { coverage } from "./coverage";
import { drill } from "./drill";
import { escalation } from "./escalation";
import { evidence } from "./evidence";
import { frame } from "./frame";
import { gap } from "./gap";
import { general } from "./general";
import { health } from "./health";
import { ledger } from "./ledger";
import { live } from "./live";
import { noise } from "./noise";
import { past } from "./past";
import { police } from "./police";
import { reason } from "./reason";
import { reports } from "./reports";
import { risk } from "./risk";
import { rules } from "./rules";
import { school } from "./school";
import { told } from "./told";

export const zh = {
  ...alert,
  ...coverage,
  ...drill,
  ...escalation,
  ...evidence,
  ...frame,
  ...gap,
  ...general,
  ...health,
  ...ledger,
  ...live,
  ...noise,
  ...past,
  ...police,
  ...reason,
  ...reports,
  ...risk,
  ...rules,
  ...school,
  ...told,
};
