import { MemorySurvey, Model } from 'cdk8s-vllm';

const survey = MemorySurvey.of({ model: Model.GEMMA_2_9B_IT });
console.log(survey.lines.join('\n'));

const [cheapest] = survey.answers.filter(({ plan }) => plan !== undefined);
console.log(`${cheapest.plan!.hardware}: ${cheapest.plan!.maxConcurrency.toFixed(1)} requests of ${cheapest.plan!.maxModelLen} tokens at once`);
