/** `node test/compare/oracles/prepare.ts`: numpy, scipy and deepdiff for the oracles. Once a machine. */
import { pythonWith } from "../../../bench/lib/python.ts";
import { REQUIREMENTS } from "./python.ts";

process.stderr.write(`${await pythonWith(REQUIREMENTS)}\n`);
