/** Noise: how often legacy differs from itself, beside how often the candidate does. Advice; nothing is subtracted. */
import type { FieldCounts, ModelSummary, Summary } from "./summary.ts";

/** The summary with the rates of the noise run beside each field of the models that both runs compared. */
export function withNoise(summary: Summary, noise: Summary): Summary {
  const models = Object.entries(summary.models).map(([name, model]) => {
    const other = Object.hasOwn(noise.models, name) ? noise.models[name] : undefined;
    return [name, other === undefined ? model : modelWithNoise(model, other)] as const;
  });
  const { run, verdict } = noise;
  return { ...summary, models: Object.fromEntries(models), noise: { run, verdict } };
}

function modelWithNoise(model: ModelSummary, noise: ModelSummary): ModelSummary {
  const fields = Object.entries(model.fields).map(([path, rules]) => {
    const beside = Object.entries(rules).map(([rule, counts]): [string, FieldCounts] => {
      const k = noise.fields[path]?.[rule]?.k ?? 0;
      return [rule, { ...counts, noise: { n: noise.n, k } }];
    });
    return [path, Object.fromEntries(beside)] as const;
  });
  return { ...model, fields: Object.fromEntries(fields) };
}
