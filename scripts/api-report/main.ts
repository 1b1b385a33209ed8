import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel, ExtractorMessage, ExtractorMessageCategory } from '@microsoft/api-extractor';

/**
 * `npm run api`: the public face of the package as text, one report for each entry, from the declarations that a user's compiler sees.
 * With `--check` nothing is written, and a report that is not as committed is an error.
 */
const PROJECT = resolve(__dirname, '../..');
const STAGE = join(PROJECT, 'build', 'api');
const REPORTS = join(PROJECT, 'api');
const ENTRIES = { 'cdk8s-vllm': 'lib/index.d.ts', 'cdk8s-vllm-gke': 'lib/gke/index.d.ts' };
const checking = process.argv.includes('--check');

/**
 * Declarations as the compiler makes them for the package. `./gke` gets its facts from the package's other entry, as its users do,
 * so that its report names them instead of repeating them.
 */
function emitDeclarations(): void {
  rmSync(STAGE, { recursive: true, force: true });
  const compiler = join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc');
  // What is wrong in the code itself is for `npm run lint` to find.
  execFileSync(process.execPath, [compiler, '-p', 'lib/tsconfig.json', '--emitDeclarationOnly', '--noCheck', '--outDir', STAGE], { cwd: PROJECT });
  const cloud = join(STAGE, 'lib', 'gke');
  for (const file of readdirSync(cloud).map(name => join(cloud, name))) {
    writeFileSync(file, readFileSync(file, 'utf8').replace(/(['"])\.\.\/[^'"]*\1/g, '\'cdk8s-vllm\''));
  }
  const main = join(STAGE, 'node_modules', 'cdk8s-vllm');
  mkdirSync(main, { recursive: true });
  writeJson(join(main, 'package.json'), { name: 'cdk8s-vllm', types: 'index.d.ts' });
  writeFileSync(join(main, 'index.d.ts'), 'export * from \'../../lib\';\n');
  writeJson(join(STAGE, 'package.json'), { name: 'cdk8s-vllm' });
  writeJson(join(STAGE, 'tsdoc.json'), {
    $schema: 'https://developer.microsoft.com/json-schemas/tsdoc/v0/tsdoc.schema.json',
    extends: ['@microsoft/api-extractor/extends/tsdoc-base.json'],
    tagDefinitions: [{ tagName: '@default', syntaxKind: 'block' }],
    supportForTags: { '@default': true },
  });
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, JSON.stringify(value));
}

function configOf(name: string, entry: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(STAGE, 'package.json'),
    configObject: {
      projectFolder: STAGE,
      mainEntryPointFilePath: join(STAGE, entry),
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2022', lib: ['ES2022'], module: 'Node16', moduleResolution: 'Node16', types: ['node'], strict: true, skipLibCheck: true,
          },
          files: [entry],
        },
      },
      apiReport: { enabled: true, reportFileName: `${name}.api.md`, reportFolder: REPORTS, reportTempFolder: STAGE },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Error },
          'ae-undocumented': { logLevel: ExtractorLogLevel.Error },
          // All that is not marked internal is public.
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      },
    },
  });
}

/** Prints what is wrong with the face itself; what the tool says of its own work is left out. */
function print(message: ExtractorMessage): void {
  const { logLevel, category, sourceFilePath, sourceFileLine, text } = message;
  message.handled = true;
  if (logLevel === ExtractorLogLevel.Error && category !== ExtractorMessageCategory.Console) {
    console.error(`${sourceFilePath ? `${relative(STAGE, sourceFilePath)}:${sourceFileLine} ` : ''}${text}`);
  }
}

/** Makes one report; says whether it is as it should be. */
function report([name, entry]: [string, string]): boolean {
  const { errorCount, apiReportChanged } = Extractor.invoke(configOf(name, entry), {
    localBuild: !checking, messageCallback: print, showVerboseMessages: false,
  });
  const file = `api/${name}.api.md`;
  const stale = checking && (apiReportChanged || !existsSync(join(PROJECT, file)));
  console.log(`${file}: ${errorCount > 0 ? `${errorCount} errors` : stale ? 'stale. Run npm run api, and commit it with the change' : 'ok'}`);
  return errorCount === 0 && !stale;
}

/** What `./gke` takes from the other entry has to be there: the tool believes every import of a package. */
function importsExist(): boolean {
  const [main, cloud] = Object.keys(ENTRIES).map(name => readFileSync(join(STAGE, `${name}.api.md`), 'utf8'));
  const taken = [...cloud.matchAll(/^import \{ (\w+) \} from 'cdk8s-vllm'/gm)].map(match => match[1]);
  const missing = taken.filter(name => !new RegExp(`^export (abstract )?\\w+ ${name}\\b`, 'm').test(main));
  missing.forEach(name => console.error(`lib/gke names ${name}, which needs to be exported by lib/index.ts`));
  return missing.length === 0;
}

emitDeclarations();
mkdirSync(REPORTS, { recursive: true });
const right = [...Object.entries(ENTRIES).map(report), importsExist()];
process.exitCode = right.every(Boolean) ? 0 : 1;
