/** What gcsfuse is started with. */
export interface DriverOptions {
  readonly flags: readonly string[];
  /** Its configuration file. */
  readonly config: { [name: string]: unknown };
  /** Written to the mount by the driver; gcsfuse never hears of it. */
  readonly readAheadKib?: number;
}

/** What goes to mount(2). */
const OF_THE_KERNEL = /^(ro|rw|o=(exec|noexec|atime|noatime|sync|async|dirsync))$/;
/** What Go's ParseBool takes. */
const TRUE = /^(1|t|T|true|TRUE|True)$/;
const FALSE = /^(0|f|F|false|FALSE|False)$/;

/**
 * What the CSI driver makes of `mountOptions`, with its traps: what stands after the last ':' becomes a number or a boolean when it looks
 * like one, and what has '=' or https in it is passed as a flag. The driver replaces uid and gid of its own by those that are given.
 *
 * @see https://github.com/GoogleCloudPlatform/gcs-fuse-csi-driver/blob/main/pkg/sidecar_mounter/sidecar_mounter_config.go
 */
export function driverOptions(mountOptions: string): DriverOptions {
  const flags: string[] = [];
  const config: DriverOptions['config'] = {};
  let readAheadKib: number | undefined;
  for (const option of new Set(mountOptions.split(',').filter(given => !OF_THE_KERNEL.test(given)))) {
    const colon = option.lastIndexOf(':');
    if (option.startsWith('read_ahead_kb=')) {
      readAheadKib = Number(option.split('=')[1]);
    } else if (colon > 0 && !option.includes('=') && !option.includes('https')) {
      set(config, option.slice(0, colon).split(':'), typed(option.slice(colon + 1)));
    } else {
      flags.push(`--${option}`);
    }
  }
  return { flags, config, readAheadKib };
}

function set(config: DriverOptions['config'], path: readonly string[], value: unknown): void {
  const [name, ...rest] = path;
  if (rest.length === 0) {
    config[name] = value;
  } else {
    set((config[name] ??= {}) as DriverOptions['config'], rest, value);
  }
}

function typed(value: string): unknown {
  if (/^[+-]?\d+$/.test(value)) {
    return Number(value);
  }
  return TRUE.test(value) ? true : FALSE.test(value) ? false : value;
}
