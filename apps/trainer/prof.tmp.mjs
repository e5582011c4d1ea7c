import { useBackend } from '@mmolre/backend';
import * as tf from '@tensorflow/tfjs';
import { createModel, presets, makeBatch, mmolre, trainingLoss } from '@mmolre/model';
import { adamW, variables } from '@mmolre/nn';
await useBackend({ log: console.log });
const config = presets.compact();
for (const s of process.argv.slice(2)) { const [k,v]=s.split('='); let o=config; const path=k.split('.'); while(path.length>1) o=o[path.shift()]; o[path[0]]=JSON.parse(v); }
const model = createModel(config.model, 1);
const vars = variables(model.params);
console.log('tensors', vars.size, 'weights', [...vars.values()].reduce((s,v)=>s+v.size,0));
const ex = Array.from({length:32},(_,i)=>({id:String(i), text:'a movie that is not quite as good as it wants to be but still fun '.repeat(1+i%2).slice(0,60+i*2), audio: Float32Array.from({length:32000},()=>Math.random()-.5), sentiment: i%3-1, emotions:[0,0,1,0,0,0]}));
const opt = adamW({weightDecay:0.01, maxGradNorm:1});
const be = tf.backend(); const stats=new Map();
const orig = be.executeSingleOutput.bind(be);
let on=false;
be.executeSingleOutput=(name,attrs,inputs)=>{ if(!on) return orig(name,attrs,inputs); const t=process.hrtime.bigint(); const r=orig(name,attrs,inputs); const d=Number(process.hrtime.bigint()-t)/1e3; const k=name+' '+inputs.map(x=>x.shape?'['+x.shape+']':'').join(''); const s=stats.get(k)??[0,0]; s[0]+=d; s[1]++; stats.set(k,s); return r;};
const step=(i)=>{ const {input,labels}=makeBatch(model.encoders, ex); const l=opt.step(()=>trainingLoss(mmolre(model.params,model.encoders,input,config.model,{training:true,seed:i}),labels,input.present,config.model),vars,1e-3); const v=l.dataSync()[0]; tf.dispose([l,input,labels]); return v;};
for(let i=0;i<3;i++) step(i);
const t0=Date.now(); for(let i=0;i<5;i++) step(i); console.log('ms/step', (Date.now()-t0)/5);
on=true; step(9); on=false;
const byOp=new Map(); let n=0,tot=0; for(const [k,[us,c]] of stats){const o=k.split(' ')[0]; const s=byOp.get(o)??[0,0]; s[0]+=us;s[1]+=c;byOp.set(o,s); n+=c; tot+=us;}
console.log('calls',n,'ms',tot/1e3);
for(const [k,[us,c]] of [...byOp].sort((a,b)=>b[1][0]-a[1][0]).slice(0,14)) console.log((us/1e3).toFixed(1),'ms',c,k);
for(const [k,[us,c]] of [...stats].sort((a,b)=>b[1][0]-a[1][0]).slice(0,25)) console.log((us/1e3).toFixed(1),'ms',c,k);
