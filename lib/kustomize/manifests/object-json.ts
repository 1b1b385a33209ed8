import { isDeepStrictEqual } from 'node:util';
import { ApiObject, App, ImplicitTokenResolver, Lazy, LazyResolver, NumberStringUnionResolver } from 'cdk8s';

interface Json { [key: string]: unknown }

/** What cdk8s keeps to itself in an object, and what it generates in a class that it made from a schema. */
interface Inside {
  readonly props?: Json;
  readonly patches?: readonly unknown[];
  readonly constructor: { manifest?(props: Json): Json };
  readonly metadata: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Json;
    readonly annotations?: Json;
    readonly finalizers?: readonly unknown[];
    readonly ownerReferences?: readonly unknown[];
    readonly _additionalAttributes?: Json;
  };
}

type Renderer = (object: ApiObject) => Json;

const USUAL_METADATA = ['name', 'namespace', 'labels', 'annotations'];
const USUAL_RESOLVERS: unknown[] = [LazyResolver, ImplicitTokenResolver, NumberStringUnionResolver];

/** Shapes that a class remembers; more would be objects that have nothing in common. */
const MOST_SHAPES = 200;

/** How the objects of a class are rendered: quickly, if that gave what cdk8s gives for the first of them. */
const renderers = new WeakMap<object, Renderer>();

/**
 * What `object.toJson()` returns, but for the order of its keys, in a quarter of the time: for each value cdk8s makes a context and
 * climbs to the app, and it copies each object several times. What is not usual is left to it: patches, resolvers of the user, classes
 * that render themselves, and all that it refuses.
 */
export function objectJson(object: ApiObject): Json {
  const renderer = renderers.get(object.constructor) ?? chooseRenderer(object);
  return renderer(object);
}

function chooseRenderer(object: ApiObject): Renderer {
  const renderer = isDeepStrictEqual(quickly(object), byCdk8s(object)) ? quickly : byCdk8s;
  renderers.set(object.constructor, renderer);
  return renderer;
}

function byCdk8s(object: ApiObject): Json {
  return object.toJson() as Json;
}

function quickly(object: ApiObject): Json {
  const { props, patches, constructor } = object as unknown as Inside;
  const generated = Object.hasOwn(constructor, 'manifest');
  const rendersItself = object.toJson !== (generated ? constructor as typeof ApiObject : ApiObject).prototype.toJson;
  if (props === undefined || patches?.length !== 0 || rendersItself || !App.of(object).resolvers.every(isUsual)) {
    return byCdk8s(object);
  }
  try {
    const values = { ...props, metadata: metadataOf(object) };
    return generated ? ofGenerated(constructor, values) : new Plain(union => ({ value: union })).mapping(values);
  } catch {
    return byCdk8s(object);
  }
}

/** Name, namespace, labels and annotations; where there is more, cdk8s is asked. */
function metadataOf(object: ApiObject): Json {
  const { name, namespace, labels = {}, annotations = {}, ...rest } = (object as unknown as Inside).metadata;
  const isPlain = rest.finalizers?.length === 0 && rest.ownerReferences?.length === 0
    && rest._additionalAttributes !== undefined && Object.keys(rest._additionalAttributes).every(key => USUAL_METADATA.includes(key))
    && [...Object.values(labels), ...Object.values(annotations)].every(value => typeof value === 'string');
  return !isPlain ? object.metadata.toJson() as Json : {
    name, namespace,
    labels: Object.keys(labels).length > 0 ? labels : undefined,
    annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
  };
}

function isUsual(resolver: object): boolean {
  return USUAL_RESOLVERS.includes(resolver.constructor);
}

/** Shapes of the objects of a class, and whether its `manifest` only copies an object of this shape. */
const shapes = new WeakMap<object, Map<string, boolean>>();

/**
 * What the class makes of an object is decided by the names in it and the types of its values, never by the values. So it is asked once
 * for each shape.
 */
function ofGenerated(constructor: Inside['constructor'], values: Json): Json {
  const copy = new Plain(union => union);
  const json = copy.mapping(values);
  const known = shapes.get(constructor) ?? new Map<string, boolean>();
  const copies = known.get(copy.shape);
  if (copies) {
    return json;
  }
  const manifest = constructor.manifest!(new Plain(union => ({ value: union })).mapping(values));
  if (copies === undefined && known.size < MOST_SHAPES) {
    shapes.set(constructor, known.set(copy.shape, isDeepStrictEqual(manifest, json)));
  }
  return manifest;
}

/** Copies values as cdk8s resolves them, and notes their shape. */
class Plain {
  shape = '';

  /** @param union what becomes of a value that is a number or a string, such as `IntOrString` */
  constructor(private readonly union: (value: number | string) => unknown) {}

  mapping(mapping: Json): Json {
    const json: Json = {};
    this.shape += '{';
    for (const key of Object.keys(mapping)) {
      const value = mapping[key];
      if (key === '__proto__') {
        throw new TypeError('a prototype is no value');
      }
      if (value !== undefined && value !== null) {
        this.shape += `${key}\0`;
        const plain = this.value(value);
        if (plain !== undefined) {
          json[key] = plain;
        }
      }
    }
    this.shape += '}';
    return json;
  }

  private value(value: unknown): unknown {
    if (typeof value === 'object') {
      return value === null ? undefined : Array.isArray(value) ? this.list(value) : this.object(value as Json);
    }
    if (typeof value === 'function') {
      throw new TypeError('a function is no value');
    }
    this.shape += typeof value;
    return value;
  }

  private list(list: unknown[]): unknown[] {
    this.shape += '[';
    const json = list.map(item => this.value(item));
    this.shape += ']';
    return json;
  }

  /** @throws on a class that cdk8s does not know; it has the words for it */
  private object(object: Json): unknown {
    if (typeof object.resolve === 'function') {
      return this.value(object.resolve());
    }
    if (object.constructor === Object) {
      return this.mapping(object);
    }
    if (object instanceof Lazy) {
      return this.value(object.produce());
    }
    const { value } = object;
    if (typeof value !== 'number' && typeof value !== 'string') {
      throw new TypeError('an object of this class is no value');
    }
    this.shape += 'union';
    return this.union(value);
  }
}
