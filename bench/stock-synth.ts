import { App } from 'cdk8s';
import { KustomizeApp } from '../lib/kustomize/kustomize-app';

/** Loaded before an app, it makes the app's charts go through cdk8s' own `App.synth`. */
KustomizeApp.prototype.synth = App.prototype.synth;
