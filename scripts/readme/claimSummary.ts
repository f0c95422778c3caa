import type { Finding } from '../../lib/results/claims/findings';
import type { Language } from './notebookMap';

/** A short name of each claim, by its number in `lib/results/claims`. */
const names: Readonly<Record<number, Readonly<Record<Language, string>>>> = {
  1: {
    en: 'features are similar within a family and differ across families',
    ko: '특징은 같은 계열 안에서 비슷하고 계열 사이에서 다르다',
  },
  2: { en: 'feature hints help little across families', ko: '특징 힌트는 다른 계열 사이에서 별 도움이 되지 않는다' },
  3: { en: 'OFA beats every baseline on CIFAR-100', ko: 'CIFAR-100에서 OFA가 모든 비교 방법을 이긴다' },
  4: { en: 'OFA beats the baselines on ImageNet', ko: 'ImageNet에서 OFA가 비교 방법을 이긴다' },
  5: { en: 'branches at all four stages are best', ko: '네 스테이지 모두에 가지를 두는 것이 가장 좋다' },
  6: { en: 'an exponent above 1 helps', ko: '1보다 큰 지수가 도움이 된다' },
  7: { en: 'weight 1 with clipping at norm 5 is best', ko: '가중치 1과 노름 5의 클리핑이 가장 좋다' },
  8: {
    en: 'within a family, OFA matches the best baseline',
    ko: '같은 계열에서 OFA는 가장 좋은 비교 방법과 대등하다',
  },
  9: {
    en: 'for a CNN, a transformer is a better teacher than a CNN',
    ko: 'CNN에게는 트랜스포머가 CNN보다 좋은 교사이다',
  },
  10: { en: 'branches add nothing at inference', ko: '추론할 때 가지의 비용은 없다' },
  11: {
    en: 'a CNN may learn more from a CNN teacher',
    ko: 'CNN은 CNN 교사에게서 더 많이 배울 수 있다',
  },
};

const verdicts: Readonly<Record<Finding['verdict'], Readonly<Record<Language, string>>>> = {
  holds: { en: 'holds', ko: '성립' },
  'does not hold': { en: 'does not hold', ko: '불성립' },
  'undecided at this scale': { en: 'undecided at this scale', ko: '이 규모에서 미정' },
};

const headers: Readonly<Record<Language, string>> = {
  en: '| verdict | claims of the paper |',
  ko: '| 판정 | 논문의 주장 |',
};

/** The claims grouped by verdict, as a Markdown table with one row for each verdict. */
export function claimSummary(findings: readonly Finding[], language: Language): string {
  const rows = (['holds', 'does not hold', 'undecided at this scale'] as const).map((verdict) => {
    const claims = findings.filter((finding) => finding.verdict === verdict);
    const list = claims.map(({ claim, text }) => `(${claim}) ${names[claim]?.[language] ?? text}`);
    return `| **${verdicts[verdict][language]}** | ${list.join('; ') || '–'} |`;
  });
  return [headers[language], '|---|---|', ...rows].join('\n');
}
