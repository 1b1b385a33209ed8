import { relative } from 'node:path';
import * as ts from 'typescript';
import { PROJECT } from '../house/sources';

/** A member of the public face with its docstring, as it stands in the source. */
interface Documented {
  /** `PriorityClassProps.name` */
  readonly name: string;
  readonly file: string;
  readonly docstring: string;
  /** Whether it is a prop that may be left out. */
  readonly optionalProp: boolean;
}

type Member = ts.ClassElement | ts.TypeElement;

/** Everything that the entries export, with the members of classes and interfaces; what is marked internal is left out. */
export function publicFace(program: ts.Program, entries: readonly string[]): Documented[] {
  const checker = program.getTypeChecker();
  const symbols = entries.flatMap((entry) => {
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!);
    return exported.map(symbol => symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  });
  return [...new Set(symbols)].flatMap(symbol => symbol.declarations ?? []).flatMap((declaration) => {
    const own = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    const name = (declaration as ts.NamedDeclaration).name!.getText();
    const members: readonly Member[] = ts.isClassDeclaration(own) || ts.isInterfaceDeclaration(own) ? own.members : [];
    const shown = members.filter(isPublic).map(member => documented(`${name}.${member.name!.getText()}`, member, name));
    return isInternal(own) ? [] : [documented(name, own), ...shown];
  });
}

/** What is wrong with a docstring, as `file Name: fault`. */
export function faultsOf({ name, file, docstring, optionalProp }: Documented): string[] {
  const text = docstring.replace(/^\/\*\*|\*\/$/g, '').replace(/^\s*\* ?/gm, '');
  const [sentence, ...tags] = text.split(/^\s*(?=@)|\s(?=@\w)/m).map(part => part.trim());
  const faults = [
    sentence === '' ? 'has no sentence' : '',
    /^Of /.test(sentence) ? 'begins with what it is of, not with what it is' : '',
    sentence !== '' && !/[.:]`?$/.test(sentence) ? 'does not end as a sentence' : '',
    tags.length > 0 && !docstring.includes('\n') ? 'has tags on the line of its sentence' : '',
    optionalProp && !tags.some(tag => tag.startsWith('@default')) ? 'does not say what holds without it' : '',
  ];
  return faults.filter(fault => fault !== '').map(fault => `${file} ${name}: ${fault}`);
}

function documented(name: string, node: ts.Node, owner = ''): Documented {
  const source = node.getSourceFile();
  const comments = ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? [];
  const docstring = comments.map(({ pos, end }) => source.text.slice(pos, end)).filter(text => text.startsWith('/**')).at(-1) ?? '';
  const optionalProp = /(Props|Options)$/.test(owner) && ts.isPropertySignature(node) && node.questionToken !== undefined;
  return { name, file: relative(PROJECT, source.fileName), docstring, optionalProp };
}

function isInternal(node: ts.Node): boolean {
  return ts.getJSDocTags(node).some(tag => tag.tagName.text === 'internal');
}

function isPublic(member: Member): boolean {
  const hidden = ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected);
  return member.name !== undefined && !hidden && !isInternal(member);
}
