import { relative } from 'node:path';
import { type BackendName, requestedBackend, useBackend } from '@mmolre/backend';
import { compareReport, evaluationReport, toTerminal } from '@mmolre/report';
import {
  type EvaluateOptions,
  evaluateRun,
  evaluationFacts,
  metricsJson,
  undefinedAsNull,
  writeReportFiles,
} from '@mmolre/training';
import { compareRuns } from '@mmolre/training/compare';
import { type Asked, answersText, namedOf, predictRun } from './predict';
import { endOnSignal } from './serve/end-on-signal';
import { serveRun } from './serve/serve-run';
import { exportText, exportWeb } from './web/export-web';

// What the commands of `cli.ts` do, with their options.

type Given = {
  backend?: BackendName;
  json?: boolean;
  /** Where the user stands, from which paths are told. */ standing: string;
};

const log = (line: string) => process.stderr.write(`${line}\n`);

const openBackend = (backend = requestedBackend()) => useBackend({ ...(backend && { backend }), log, install: true });

type EvaluateArguments = Omit<EvaluateOptions, 'log' | 'onProgress'> & Given;

export async function evaluate({ backend, json, standing, ...options }: EvaluateArguments): Promise<void> {
  await openBackend(backend);
  const live = process.stderr.isTTY;
  const report = await evaluateRun({
    ...options,
    log,
    onProgress: (done, total, pass) =>
      live && process.stderr.write(`\revaluating ${done}/${total}, ${pass.padEnd(13)}${done === total ? '\n' : ''}`),
  });
  process.stdout.write(json ? `${metricsJson(report)}\n` : toTerminal(evaluationReport(evaluationFacts(report))));
  log(`written: metrics.json and predictions.csv in ${relative(standing, report.out) || '.'}`);
  if (report.page) log(`report: ${relative(standing, report.page)}`);
}

type PredictArguments = Omit<Asked, 'source'> & { run: string; out?: string } & Given;

export async function predict(source: string | undefined, options: PredictArguments): Promise<void> {
  const { run, backend, json, out, text, audio, standing } = options;
  const named = await namedOf({ text, audio, source });
  await openBackend(backend);
  const answered = await predictRun({ run, named, out, log });
  process.stdout.write(json ? `${JSON.stringify(answered)}\n` : answersText(answered));
  if (out) log(`written: ${relative(standing, out)}`);
}

export async function compare(runs: string[], { json, out, standing }: Given & { out: string }): Promise<void> {
  const facts = await compareRuns({ runs, addressOf: (record) => relative(out, record), log });
  const blocks = compareReport(facts);
  process.stdout.write(json ? `${JSON.stringify(facts, undefinedAsNull)}\n` : toTerminal(blocks));
  const page = await writeReportFiles(out, { title: 'MMoLRE: runs compared', blocks, facts, results: blocks });
  log(`report: ${relative(standing, page)}`);
}

type ExportArguments = { run: string; out: string } & Given;

export async function exportPage({ run, backend, json, out, standing }: ExportArguments): Promise<void> {
  await openBackend(backend);
  const made = await exportWeb({ run, out, log });
  process.stdout.write(json ? `${JSON.stringify(made, undefinedAsNull)}\n` : `${exportText(made)}\n`);
  log(`written: ${relative(standing, out)}`);
}

type ServeArguments = { run: string; backend?: BackendName; host: string; port: number };

export async function serve({ run, backend, host, port }: ServeArguments): Promise<void> {
  const signal = endOnSignal();
  await openBackend(backend);
  await serveRun({ run, host, port, signal, log });
}
