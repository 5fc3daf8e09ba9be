/** The head of a page: the way back, its title, what the page is for, and at the right what can be chosen or done. */
import type { ComponentChildren } from "preact";

interface Props {
  back?: { to: string; text: string };
  title: ComponentChildren;
  lead?: string;
  children?: ComponentChildren;
}

export function PageHead({ back, title, lead, children }: Props) {
  return (
    <header class="pagehead">
      <div>
        {back && (
          <a class="back" href={back.to}>
            ← {back.text}
          </a>
        )}
        <h1>{title}</h1>
        {lead && <p class="dim small">{lead}</p>}
      </div>
      {children}
    </header>
  );
}
