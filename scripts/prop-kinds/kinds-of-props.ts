import {
  isInterfaceDeclaration, Program, Signature, Symbol, SymbolFlags, Type, TypeChecker, TypeFlags, TypeReference,
} from 'typescript';
import type { Kind, KnownProps, PropKinds } from '../../lib/common/props';

/** Names of interfaces that a caller writes as an object literal. */
const LITERAL = /(?:Props|Options|Attributes)$/;

/** Reads from the types of a program what its public constructors and static functions take. */
export class KindsOfProps {
  private readonly checker: TypeChecker;
  private readonly props = new Map<string, PropKinds>();
  private readonly classes = new Map<string, string[]>();

  constructor(private readonly program: Program, private readonly project: string) {
    this.checker = program.getTypeChecker();
  }

  /** @param entries - files whose exports are public */
  of(entries: readonly string[]): KnownProps {
    for (const entry of entries) {
      const module = this.checker.getSymbolAtLocation(this.program.getSourceFile(entry)!)!;
      for (const exported of this.checker.getExportsOfModule(module)) {
        const symbol = exported.flags & SymbolFlags.Alias ? this.checker.getAliasedSymbol(exported) : exported;
        if (symbol.flags & SymbolFlags.Class) {
          const type = this.checker.getTypeOfSymbol(symbol);
          this.parametersOf(type.getConstructSignatures());
          type.getProperties().forEach(member => this.parametersOf(this.checker.getTypeOfSymbol(member).getCallSignatures()));
        }
      }
    }
    return { classes: sorted(this.classes), props: sorted(this.props) };
  }

  private parametersOf(signatures: readonly Signature[]): void {
    const callable = signatures.filter(signature => !signature.getJsDocTags().some(tag => tag.name === 'internal'));
    for (const parameter of callable.flatMap(signature => signature.getParameters())) {
      const type = this.checker.getNonNullableType(this.checker.getTypeOfSymbol(parameter));
      if (type.symbol && LITERAL.test(type.symbol.name) && this.isOurs(type.symbol)) {
        this.interfaceKind(type.symbol.name, type);
      }
    }
  }

  private interfaceKind(name: string, type: Type): Kind {
    if (!this.props.has(name)) {
      const kinds: PropKinds = {};
      this.props.set(name, kinds);
      for (const property of this.checker.getPropertiesOfType(type)) {
        const known = this.kindsOf(this.checker.getTypeOfSymbol(property), `${name}.${property.name}`);
        kinds[property.name] = property.flags & SymbolFlags.Optional ? { optional: true, kinds: known } : { kinds: known };
      }
    }
    return { props: name };
  }

  /** What a value may be. @param place - name that a type without one gets */
  private kindsOf(type: Type, place: string): Kind[] {
    const parts = (type.isUnion() ? type.types : [type]).filter(({ flags }) => !(flags & (TypeFlags.Undefined | TypeFlags.Null)));
    const words = parts.filter(part => part.isStringLiteral()).map(part => part.value);
    const others = parts.filter(part => !part.isStringLiteral()).map(part => this.kindOf(part, place));
    // `boolean` is a union of its two values.
    const distinct = others.filter((kind, index) => others.indexOf(kind) === index);
    return words.length > 0 ? [...distinct, { words: words.sort() }] : distinct;
  }

  private kindOf(type: Type, place: string): Kind {
    const { flags, symbol } = type;
    if (flags & TypeFlags.BooleanLike) {
      return 'boolean';
    }
    if (flags & TypeFlags.StringLike) {
      return 'string';
    }
    if (flags & TypeFlags.NumberLike) {
      return 'number';
    }
    if (type.getCallSignatures().length > 0) {
      return 'function';
    }
    if (this.checker.isArrayType(type) || this.checker.isTupleType(type)) {
      return { items: this.checker.getTypeArguments(type as TypeReference).flatMap(item => this.kindsOf(item, place)) };
    }
    const values = type.getStringIndexType();
    if (values && type.getProperties().length === 0) {
      return { record: this.kindsOf(values, place) };
    }
    if (symbol && symbol.flags & SymbolFlags.Class) {
      return this.classKind(symbol);
    }
    const isInterface = symbol?.declarations?.some(isInterfaceDeclaration) ?? false;
    // `Omit` of an interface is declared elsewhere, and what it leaves is ours.
    const isOurs = this.isOurs(symbol) || type.getProperties().some(property => this.isOurs(property));
    // Types of other packages have checks of their own, or none.
    return isOurs ? this.interfaceKind(isInterface ? symbol.name : place, type) : 'any';
  }

  /** Notes how one comes to such an object without a constructor. */
  private classKind(symbol: Symbol): Kind {
    const { name } = symbol;
    if (!this.classes.has(name) && this.isOurs(symbol)) {
      const own = this.checker.getDeclaredTypeOfSymbol(symbol);
      const members = this.checker.getTypeOfSymbol(symbol).getProperties().flatMap((member) => {
        const type = this.checker.getTypeOfSymbol(member);
        const makes = type.getCallSignatures().some(signature => signature.getReturnType() === own);
        return type === own && member.name !== 'prototype' ? [member.name] : makes ? [`${member.name}()`] : [];
      });
      this.classes.set(name, members);
    }
    return { class: name };
  }

  private isOurs(symbol: Symbol | undefined): boolean {
    return symbol?.declarations?.some(node => node.getSourceFile().fileName.startsWith(`${this.project}/lib/`)) ?? false;
  }
}

function sorted<T>(map: ReadonlyMap<string, T>): { [name: string]: T } {
  return Object.fromEntries([...map].sort(([a], [b]) => a < b ? -1 : 1));
}
