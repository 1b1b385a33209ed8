import { Block } from '../gke/synthesized';

/** Of a resource, or of one of its attributes. */
const REFERENCE = /\b(google_\w+\.[\w-]+)(?:\.(\w+))?/g;

/** Attributes that the provider alone knows, as far as our stacks use them. */
const COMPUTED = ['id', 'email', 'member', 'name'];

/**
 * The same configuration without the provider: each resource becomes one of Terraform's own `terraform_data`, which holds the arguments
 * as they are. Terraform then reads every expression, reference, variable and output for real; what an argument may be called, and which
 * values it takes, it does not know.
 *
 * @throws on a reference to an attribute that neither is set nor known to be computed
 */
export function standIn({ terraform, variable, output, resource }: Block): Block {
  const bodies = new Map<string, Block>();
  for (const [type, blocks] of Object.entries(resource as Record<string, Block>)) {
    Object.entries(blocks).forEach(([name, body]) => bodies.set(`${type}.${name}`, body));
  }
  const reference = (text: string, address: string, attribute?: string): string => {
    const body = bodies.get(address);
    const own = `terraform_data.${address.replace('.', '__')}`;
    if (!body) {
      // Left as it is for Terraform to refuse.
      return text;
    }
    if (attribute === undefined || attribute in body) {
      return attribute === undefined ? own : `${own}.input.${attribute}`;
    }
    if (!COMPUTED.includes(attribute)) {
      throw new Error(`${text}: '${attribute}' is neither set nor known to be computed`);
    }
    return `${own}.id`;
  };
  const translate = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return value.replace(REFERENCE, reference);
    }
    if (Array.isArray(value)) {
      return value.map(translate);
    }
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).filter(([key]) => key !== '//').map(([key, inner]) => [key, translate(inner)])) : value;
  };
  const made = [...bodies].map(([address, { depends_on: after, for_each: each, lifecycle: _lifecycle, timeouts: _timeouts, ...input }]) => [
    address.replace('.', '__'),
    translate({ input, ...(after && { depends_on: after }), ...(each && { for_each: each }) }),
  ]);
  return {
    terraform: { backend: terraform.backend }, variable: translate(variable), output: translate(output),
    resource: { terraform_data: Object.fromEntries(made) },
  };
}
