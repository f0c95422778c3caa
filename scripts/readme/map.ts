import { readdirSync } from 'node:fs';

export type Language = 'en' | 'ko';

type Entry = Readonly<Record<Language, readonly [title: string, question: string]>>;

/** What each notebook is about, by its number. */
const entries: Readonly<Record<string, Entry>> = {
  '01': {
    en: ['Data and networks', 'What is learnt, and by which networks?'],
    ko: ['데이터와 네트워크', '무엇을, 어떤 네트워크가 배우는가?'],
  },
  '02': {
    en: ['CKA', 'Do networks of different families see alike? (Figure 1)'],
    ko: ['CKA', '계열이 다른 네트워크는 같은 것을 보는가? (그림 1)'],
  },
  '03': {
    en: ['Exit branches', 'What carries a stage’s feature into the space of logits?'],
    ko: ['출구 가지', '한 단계의 특징을 로짓 공간으로 옮기는 것은 무엇인가?'],
  },
  '04': {
    en: ['The OFA loss', 'How does it follow from Hinton’s, and what does ε do?'],
    ko: ['OFA 손실', '힌턴의 손실에서 어떻게 나오며, ε은 무슨 일을 하는가?'],
  },
  '05': {
    en: ['Distil', 'Does a CNN teach a vision transformer: alone, KD, OFA?'],
    ko: ['증류', 'CNN은 비전 트랜스포머를 가르칠 수 있는가: 혼자, KD, OFA?'],
  },
  '06': { en: ['ε', 'Which exponent is best?'], ko: ['ε', '어떤 지수가 가장 좋은가?'] },
  '07': {
    en: ['The framework', 'Which parts are there, and what flows where? (Figure 2)'],
    ko: ['전체 구조', '어떤 부분이 있고 무엇이 어디로 흐르는가? (그림 2)'],
  },
  '08': {
    en: ['The CIFAR-100 table', 'Which method wins for each pair?'],
    ko: ['CIFAR-100 표', '각 쌍에서 어떤 방법이 이기는가?'],
  },
  '09': {
    en: ['The ImageNet table', 'And at the paper’s full size?'],
    ko: ['ImageNet 표', '논문의 원래 규모에서는 어떠한가?'],
  },
  '10': {
    en: ['Ablation: branches', 'How many branches, and where?'],
    ko: ['제거 실험: 가지', '가지는 몇 개를, 어디에 두는가?'],
  },
  '11': {
    en: ['Ablation: weight and clipping', 'How strong may the loss be, and what does clipping do?'],
    ko: ['제거 실험: 가중치와 클리핑', '손실은 얼마나 강해도 되며, 클리핑은 무슨 일을 하는가?'],
  },
  '12': {
    en: ['Teachers of the same family', 'Does OFA still help where it need not?'],
    ko: ['같은 계열의 교사', '꼭 필요하지 않은 곳에서도 OFA는 도움이 되는가?'],
  },
  '13': {
    en: ['A stronger teacher', 'Does ViT-B teach ResNet-50 better than ResNet-152 does?'],
    ko: ['더 강한 교사', 'ViT-B는 ResNet-152보다 ResNet-50을 더 잘 가르치는가?'],
  },
  '14': {
    en: ['Cost', 'What does distillation cost in time and memory?'],
    ko: ['비용', '증류에는 시간과 메모리가 얼마나 드는가?'],
  },
  '15': {
    en: ['Limits', 'Where does the method not help?'],
    ko: ['한계', '이 방법이 도움이 되지 않는 곳은 어디인가?'],
  },
  '16': {
    en: ['Students’ CKA', 'Does distillation change what the student represents?'],
    ko: ['학생의 CKA', '증류는 학생의 표현을 바꾸는가?'],
  },
  '17': {
    en: ['Successors', 'What came after, and does it do better?'],
    ko: ['후속 연구', '그 뒤에 무엇이 나왔고, 더 나은가?'],
  },
  '18': {
    en: ['CKA across training', 'When do the layers become what they are?'],
    ko: ['훈련 중의 CKA', '층은 언제 지금의 모습이 되는가?'],
  },
  '19': {
    en: ['What branches know', 'How much does each stage know already?'],
    ko: ['가지가 아는 것', '각 단계는 이미 얼마나 알고 있는가?'],
  },
  '20': {
    en: ['One’s own pair', 'How do I distil my networks on my images?'],
    ko: ['나만의 쌍', '내 네트워크를 내 이미지로 증류하려면?'],
  },
  '21': {
    en: ['One’s own method', 'How do I write and test a new method?'],
    ko: ['나만의 방법', '새 방법을 쓰고 시험하려면?'],
  },
  '22': {
    en: ['The claims', 'Which claims of the paper hold in our records?'],
    ko: ['주장들', '논문의 주장 가운데 우리 기록에서 성립하는 것은?'],
  },
};

const heads: Readonly<Record<Language, string>> = { en: '| | question |', ko: '| | 질문 |' };

/** The notebooks of the folder as a table with links. */
export function notebookMap(language: Language): string {
  const files = readdirSync('notebooks')
    .filter((name) => /^\d\d-.*\.ipynb$/.test(name))
    .sort();
  const rows = files.map((file) => {
    const number = file.slice(0, 2);
    const [title, question] = entries[number]?.[language] ?? [file.slice(3, -6).replaceAll('-', ' '), ''];
    return `| [${Number(number)} · ${title}](notebooks/${file}) | ${question} |`;
  });
  return [heads[language], '|---|---|', ...rows].join('\n');
}
