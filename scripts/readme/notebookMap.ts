import { readdirSync } from 'node:fs';

export type Language = 'en' | 'ko';

type Entry = Readonly<Record<Language, readonly [title: string, question: string]>>;

/** Title and question of each notebook, by its number. */
const entries: Readonly<Record<string, Entry>> = {
  '01': {
    en: ['Data and networks', 'Which images and which networks are used?'],
    ko: ['데이터와 네트워크', '어떤 이미지와 어떤 네트워크를 쓰는가?'],
  },
  '02': {
    en: ['CKA', 'Do different architecture families learn similar representations? (Figure 1)'],
    ko: ['CKA', '서로 다른 아키텍처 계열은 비슷한 표현을 학습하는가? (그림 1)'],
  },
  '03': {
    en: ['Exit branches', 'How does the output of a stage become logits?'],
    ko: ['출구 가지', '스테이지의 출력은 어떻게 로짓이 되는가?'],
  },
  '04': {
    en: ['The OFA loss', 'How is it derived from Hinton’s KD loss, and what does ε do?'],
    ko: ['OFA 손실', '힌턴의 KD 손실에서 어떻게 유도되며, ε의 역할은 무엇인가?'],
  },
  '05': {
    en: ['Distil', 'Does a CNN teacher improve a vision transformer? From scratch, KD and OFA compared'],
    ko: ['증류', 'CNN 교사는 비전 트랜스포머를 개선하는가? 단독 훈련, KD, OFA 비교'],
  },
  '06': {
    en: ['ε', 'Which exponent works best?'],
    ko: ['ε', '어떤 지수가 가장 좋은가?'],
  },
  '07': {
    en: ['The framework', 'Which components exist, and how does data flow between them? (Figure 2)'],
    ko: ['전체 구조', '어떤 구성 요소가 있고, 데이터는 어떻게 흐르는가? (그림 2)'],
  },
  '08': {
    en: ['The CIFAR-100 table', 'Which method is best for each pair?'],
    ko: ['CIFAR-100 표', '쌍마다 어떤 방법이 가장 좋은가?'],
  },
  '09': {
    en: ['The ImageNet table', 'What does the paper report at full size?'],
    ko: ['ImageNet 표', '논문의 원래 규모에서는 결과가 어떠한가?'],
  },
  '10': {
    en: ['Ablation: branches', 'How many exit branches are needed, and at which stages?'],
    ko: ['제거 실험: 가지', '출구 가지는 몇 개를, 어느 스테이지에 두어야 하는가?'],
  },
  '11': {
    en: ['Ablation: weight and clipping', 'How do the loss weight and gradient clipping affect accuracy?'],
    ko: ['제거 실험: 가중치와 클리핑', '손실 가중치와 기울기 클리핑은 정확도에 어떤 영향을 주는가?'],
  },
  '12': {
    en: ['Teachers of the same family', 'Does OFA help when teacher and student share a family?'],
    ko: ['같은 계열의 교사', '교사와 학생이 같은 계열일 때도 OFA가 도움이 되는가?'],
  },
  '13': {
    en: ['A stronger teacher', 'Is ViT-B a better teacher for ResNet-50 than ResNet-152?'],
    ko: ['더 강한 교사', 'ResNet-50에게 ViT-B는 ResNet-152보다 좋은 교사인가?'],
  },
  '14': {
    en: ['Cost', 'How much time and memory does distillation need?'],
    ko: ['비용', '증류에는 시간과 메모리가 얼마나 필요한가?'],
  },
  '15': {
    en: ['Limits', 'When does the method not help?'],
    ko: ['한계', '이 방법은 언제 도움이 되지 않는가?'],
  },
  '16': {
    en: ['Students’ CKA', 'Does distillation change what the student represents?'],
    ko: ['학생의 CKA', '증류는 학생의 표현을 바꾸는가?'],
  },
  '17': {
    en: ['Successors', 'Which methods came later, and are they better?'],
    ko: ['후속 연구', '그 뒤에 어떤 방법이 나왔고, 더 나은가?'],
  },
  '18': {
    en: ['CKA across training', 'When do the layers reach their final representation?'],
    ko: ['훈련 중의 CKA', '층은 언제 최종 표현에 도달하는가?'],
  },
  '19': {
    en: ['Accuracy of the branches', 'How accurate is a prediction from each stage?'],
    ko: ['가지의 정확도', '각 스테이지에서 예측하면 얼마나 정확한가?'],
  },
  '20': {
    en: ['Your own pair', 'How do I distil my networks on my images?'],
    ko: ['나만의 쌍', '내 네트워크를 내 이미지로 증류하려면?'],
  },
  '21': {
    en: ['Your own method', 'How do I write and test a new method?'],
    ko: ['나만의 방법', '새 방법을 작성하고 시험하려면?'],
  },
  '22': {
    en: ['The claims', 'Which claims of the paper hold in the records?'],
    ko: ['주장', '논문의 주장 가운데 어느 것이 기록에서 성립하는가?'],
  },
  '23': {
    en: ['Your own network', 'How do I add a network, and does it learn from a teacher?'],
    ko: ['나만의 네트워크', '새 네트워크를 추가하려면, 그리고 교사에게서 배우는가?'],
  },
  '24': {
    en: ['Deploy', 'How accurate, small and fast is a distilled student as an ONNX model?'],
    ko: ['배포', '증류한 학생은 ONNX 모델로서 얼마나 정확하고 작고 빠른가?'],
  },
};

const headers: Readonly<Record<Language, string>> = { en: '| notebook | question |', ko: '| 노트북 | 질문 |' };

/** The notebooks of the folder as a Markdown table with links. */
export function notebookMap(language: Language): string {
  const files = readdirSync('notebooks')
    .filter((name) => /^\d\d-.*\.ipynb$/.test(name))
    .sort();
  const rows = files.map((file) => {
    const number = file.slice(0, 2);
    const [title, question] = entries[number]?.[language] ?? [file.slice(3, -6).replaceAll('-', ' '), ''];
    return `| [${Number(number)} · ${title}](notebooks/${file}) | ${question} |`;
  });
  return [headers[language], '|---|---|', ...rows].join('\n');
}
