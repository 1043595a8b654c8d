import { render } from 'preact';
import { App } from './view/app.tsx';
import { applyTheme, chosenTheme } from './view/theme.ts';

applyTheme(chosenTheme());
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
