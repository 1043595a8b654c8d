import { render } from 'preact';
import { App } from './view/app.tsx';
import { applyTheme, chosenTheme } from './view/theme.ts';
import './style/base.css';
import './style/page.css';
import './style/services.css';
import './style/aside.css';
import './style/why.css';

applyTheme(chosenTheme());
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
