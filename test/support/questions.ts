/** examples/triage/questions.sql, as a reader uses it: the values set, then the statements one by one. */
import { readFile } from "node:fs/promises";

const FILE = new URL("../../examples/triage/questions.sql", import.meta.url);

export interface QuestionValues {
  /** Folder or `s3://` address of the store. */
  readonly store: string;
  readonly run: string;
  /** First 12 hex of the rules hash. */
  readonly rules: string;
  readonly fingerprint: string;
}

export interface Questions {
  /** Values and views, in their order. */
  readonly setup: readonly string[];
  /** Statements that have rows. */
  readonly questions: readonly string[];
}

export async function triageQuestions(values: QuestionValues): Promise<Questions> {
  let sql = await readFile(FILE, "utf8");
  for (const [name, value] of Object.entries(values)) {
    sql = sql.replace(new RegExp(`(?<=^SET VARIABLE ${name} = ')[^']*`, "m"), () => value);
  }
  const statements = sql.split(/;\n/).filter((text) => withoutComments(text).trim() !== "");
  const isQuestion = (statement: string): boolean => /^\s*(SELECT|WITH)/.test(withoutComments(statement));
  return { setup: statements.filter((one) => !isQuestion(one)), questions: statements.filter(isQuestion) };
}

function withoutComments(sql: string): string {
  return sql.replace(/^--.*$/gm, "");
}
