import { ApiObject, App, ImplicitTokenResolver, Lazy, LazyResolver, NumberStringUnionResolver } from 'cdk8s';

interface Json { [key: string]: unknown }

/** What cdk8s keeps to itself in an object, and what it generates in a class that it made from a schema. */
interface Inside {
  readonly props?: Json;
  readonly patches?: readonly unknown[];
  readonly constructor: { manifest?(props: Json): Json };
}

type Renderer = (object: ApiObject) => Json;

const USUAL_RESOLVERS: unknown[] = [LazyResolver, ImplicitTokenResolver, NumberStringUnionResolver];

/** How the objects of a class are rendered: quickly, if that gave what cdk8s gives for the first of them. */
const renderers = new WeakMap<object, Renderer>();

/**
 * What `object.toJson()` returns, in half of its time: for each value cdk8s makes a context and climbs to the app, and it copies each
 * object several times. What is not usual is left to it: patches, resolvers of the user, classes that render themselves, and all that
 * it refuses.
 */
export function objectJson(object: ApiObject): Json {
  const renderer = renderers.get(object.constructor) ?? chooseRenderer(object);
  return renderer(object);
}

function chooseRenderer(object: ApiObject): Renderer {
  const same = JSON.stringify(byCdk8s(object)) === JSON.stringify(quickly(object));
  const renderer = same ? quickly : byCdk8s;
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
  const asked = patches?.length !== 0 || process.env.CDK8S_DISABLE_SORT || !App.of(object).resolvers.every(isUsual);
  if (props === undefined || rendersItself || asked) {
    return byCdk8s(object);
  }
  try {
    const { apiVersion, kind, metadata: _, ...rest } = props;
    const json = { apiVersion, kind, metadata: object.metadata.toJson() as unknown, ...plainMapping(rest) };
    return generated ? constructor.manifest!(json) : json;
  } catch {
    return byCdk8s(object);
  }
}

function isUsual(resolver: object): boolean {
  return USUAL_RESOLVERS.includes(resolver.constructor);
}

function plainMapping(mapping: Json): Json {
  const json: Json = {};
  for (const key of Object.keys(mapping).sort()) {
    const value = plain(mapping[key]);
    if (value !== undefined) {
      json[key] = value;
    }
  }
  return json;
}

function plain(value: unknown): unknown {
  if (value === null) {
    return undefined;
  }
  if (typeof value === 'object') {
    return Array.isArray(value) ? value.map(plain) : plainObject(value as Json);
  }
  if (typeof value === 'function') {
    throw new TypeError('a function is no value');
  }
  return value;
}

/** @throws on a class that cdk8s does not know; it has the words for it */
function plainObject(object: Json): unknown {
  if (typeof object.resolve === 'function') {
    return plain(object.resolve());
  }
  if (object.constructor === Object) {
    return plainMapping(object);
  }
  if (object instanceof Lazy) {
    return plain(object.produce());
  }
  if (typeof object.value !== 'number' && typeof object.value !== 'string') {
    throw new TypeError('an object of this class is no value');
  }
  return { value: object.value };
}
